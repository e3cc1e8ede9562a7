"""Trainers that go wrong in every way that anybody's code can."""

import ctypes
import os
import sys
import time

import kleiber


def _metrics(task, loss):
    return {"loss": loss} | ({"test_loss": loss} if task.test is not None else {})


@kleiber.trainer
def by_mode(task):
    mode = task.params.get("mode", "fine")
    if task.purpose == "score" or mode == "fine":
        return _metrics(task, 1.0 / task.n)
    if mode == "raises":
        raise ValueError("something is wrong")
    if mode == "memory":
        raise MemoryError
    if mode == "leaves":
        raise SystemExit(0)
    if mode == "surrogate":
        raise ValueError("a file named \udcff")
    if mode == "its own":
        raise _OfItsOwn("an ending")
    if mode == "exits":
        os._exit(1)
    if mode == "exits with 0":
        os._exit(0)
    if mode == "asks for memory":
        return _metrics(task, float(len(bytearray(3 * 2**30))))
    if mode == "segfaults":
        ctypes.string_at(0)
    if mode == "sleeps":
        time.sleep(60)
    return _metrics(
        task, {"nan": float("nan"), "inf": float("inf"), "huge": 1e30, "none": None, "complex": 1j, "text": "nan"}[mode]
    )


class _OfItsOwn(BaseException):
    pass


@kleiber.trainer
def prints(task):
    print("an epoch went by", task.n)
    print("beware", file=sys.stderr)
    print("x" * 50_000)
    return _metrics(task, 1.0 / task.n)


@kleiber.trainer
def lacks_a_metric(task):
    extra = float("nan") if task.n == 20 else 0.5
    found = {"loss": 1.0 / task.n, "calibration": extra}
    return found | ({f"test_{key}": value for key, value in found.items()} if task.test is not None else {})


@kleiber.trainer
def forgets_the_test_set(task):
    return {"loss": 1.0}


@kleiber.trainer
def peeks(task):
    assert (task.test is None) == (task.purpose == "search")
    return {"accuracy": 0.75, "loss": 0.5, "epochs": 3, "examples": 3 * task.n} | (
        {"test_accuracy": 0.5, "test_loss": 0.75} if task.test is not None else {}
    )


@kleiber.trainer
def reads_the_test_set_in_a_search(task):
    return {"loss": 1.0, "test_loss": 1.0}
