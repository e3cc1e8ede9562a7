"""What a ledger's curves are called; what is in them is tested with studies (`tests/study/`)."""

import json

import pytest

from kleiber.importers._luck import found_by
from kleiber.importers.ledger import _model


@pytest.mark.parametrize(
    ("trainer", "net", "name"),
    [
        ("torch", "lenet", "lenet"),
        ("torch", "/home/a/my_nets.py:Small", "Small"),
        ("kernel", "lenet", "kernel"),
        ("/home/a/study.py:train", "lenet", None),  # then it is the study's name
    ],
)
def test_a_model_has_the_name_of_its_net_and_never_of_a_file(trainer, net, name) -> None:
    assert _model({"trainer": trainer, "net": net}) == name


def attempt(number, until, state="ok", **validation):
    return {"n": 100, "search": 0, "number": number, "until": until, "state": state, "validation": json.dumps(validation)}


def test_the_best_trials_of_a_search_are_told_in_all_metrics_at_the_last_epoch_of_two() -> None:
    paused = [attempt(i, 4, loss=2.0 + i, error=0.5 - 0.1 * i) for i in range(4)]
    attempts = [*paused, attempt(4, 4, "diverged"), attempt(0, 9e9, loss=1.0, error=0.2)]
    (found,) = found_by(attempts, "loss")
    assert found == {"n": 100.0, "search": 0, "trials": 5, "best": {"loss": [2.0, 3.0, 4.0], "error": [0.5, 0.4, 0.3]}}
    (found,) = found_by([*attempts, attempt(1, 9e9, loss=0.9)], "loss")
    assert found["best"] == {"loss": [0.9, 1.0]}  # an error that one of them lacks is told of neither
