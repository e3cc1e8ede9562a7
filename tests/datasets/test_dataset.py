import dataclasses
import json
import mmap
import subprocess
import sys

import numpy as np
import pytest

from kleiber.datasets import Dataset, Part, Raw, load_dataset
from kleiber.datasets._dataset import fingerprint
from kleiber.errors import KleiberError, MachineError


@pytest.fixture
def data() -> Dataset:
    return load_dataset("blank", seed=0, options={"examples": 30, "classes": 3})


def _is_mapped(array) -> bool:
    return isinstance(array, mmap.mmap | np.memmap) or (array is not None and _is_mapped(getattr(array, "base", None)))


def _images(count: int) -> Part:
    return Part(np.zeros((count, 2, 2, 1), dtype=np.uint8), np.zeros(count, dtype=np.int64))


def test_arrays_are_read_only_and_the_callers_are_left_alone() -> None:
    x = np.zeros((4, 2), dtype=np.float32)
    part = Part(x, np.zeros(4))
    with pytest.raises(ValueError, match="read-only"):
        part.x[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        part.x = x  # type: ignore[misc]
    x[0, 0] = 1


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((4, 2)), np.zeros(4)),
        (np.zeros((4, 2), dtype=np.uint8), np.zeros(4)),
        (np.zeros((4, 2, 2), dtype=np.uint8), np.zeros(4)),
        (np.zeros((4, 2), dtype=np.float32), np.zeros(4, dtype=np.int32)),
        (np.zeros((4, 2), dtype=np.float32), np.zeros((4, 1))),
        (np.zeros((4, 2), dtype=np.float32), np.zeros(3)),
    ],
)
def test_other_shapes_dtypes_and_lengths_are_refused(x, y) -> None:
    with pytest.raises(KleiberError):
        Part(x, y)


def test_raw_refuses_what_no_trainer_could_use() -> None:
    features = np.ones((4, 2), dtype=np.float32)
    spoilt = features.copy()
    spoilt[2, 1] = np.inf
    with pytest.raises(KleiberError, match="example 2 is not finite"):
        Raw(name="r", task="regression", classes=(), train=Part(spoilt, np.zeros(4)))
    with pytest.raises(KleiberError, match="targets of a regression"):
        Raw(name="r", task="regression", classes=(), train=_images(3))
    with pytest.raises(KleiberError, match="class index outside 0 to -1"):
        Raw(name="r", task="classification", classes=(), train=_images(3))
    with pytest.raises(KleiberError, match="no examples"):
        Raw(name="r", task="classification", classes=("a",), train=_images(0))
    with pytest.raises(KleiberError, match="test: examples of shape"):
        other = Part(np.zeros((2, 3, 2, 1), dtype=np.uint8), np.zeros(2, dtype=np.int64))
        Raw(name="r", task="classification", classes=("a",), train=_images(3), test=other)
    with pytest.raises(KleiberError, match=r"\(2,\) groups for 3"):
        Raw(name="r", task="classification", classes=("a",), train=_images(3), groups=np.zeros(2))
    with pytest.raises(KleiberError, match="task 'ranking'"):
        Raw(name="r", task="ranking", classes=(), train=_images(3))  # type: ignore[arg-type]


def test_the_fingerprint_changes_with_all_that_a_result_depends_on(rng) -> None:
    x = rng.integers(0, 256, (6, 2, 2, 1), dtype=np.uint8)
    y = np.array([0, 1, 0, 1, 0, 1], dtype=np.int64)

    def of(x=x, y=y, classes=("a", "b"), task="classification", order=slice(None), label="train") -> str:
        parts = {name: Part(np.zeros((1, *x.shape[1:]), x.dtype), y[:1]) for name in ("train", "validation", "test")}
        return fingerprint(task, classes, parts | {label: Part(x[order], y[order])})

    pixel, target = x.copy(), y.copy()
    pixel[3, 1, 0, 0] ^= 1
    target[2] = 1
    flat = x.reshape(6, 4).astype(np.float32)
    prints = [
        of(),
        of(x=pixel),
        of(y=target),
        of(y=y.astype(np.float64)),
        of(x=flat),
        of(x=x.reshape(6, 4, 1, 1)),
        of(classes=("a", "c")),
        of(task="regression"),
        of(order=[1, 0, 2, 3, 4, 5]),
        of(label="test"),
    ]
    assert len(set(prints)) == len(prints)
    assert of() == of(x=x.copy(order="F"))


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    code = "from kleiber.datasets import load_dataset; print(load_dataset('blank', seed=5).fingerprint)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == load_dataset("blank", seed=5).fingerprint


def test_save_and_open_give_the_same_data_mapped(data, tmp_path) -> None:
    folder = data.save(tmp_path / "deep" / "saved")
    assert sorted(p.name for p in folder.parent.iterdir()) == ["saved"]
    opened = Dataset.open(folder)
    for field in ("name", "task", "classes", "fingerprint", "duplicates", "notes", "chance"):
        assert getattr(opened, field) == getattr(data, field)
    for label in ("train", "validation", "test"):
        there, here = getattr(opened, label), getattr(data, label)
        assert np.array_equal(there.x, here.x)
        assert np.array_equal(there.y, here.y)
        assert not there.x.flags.writeable
        assert _is_mapped(there.x)
    parts = {label: getattr(opened, label) for label in ("train", "validation", "test")}
    assert fingerprint(opened.task, opened.classes, parts) == data.fingerprint


def test_saving_again_changes_nothing_and_another_set_is_refused(data, tmp_path) -> None:
    folder = data.save(tmp_path / "saved")
    before = (folder / "dataset.json").stat().st_mtime_ns
    assert data.save(folder) == folder
    assert (folder / "dataset.json").stat().st_mtime_ns == before
    other = load_dataset("blank", seed=0, options={"examples": 31})
    with pytest.raises(KleiberError, match="holds another data set"):
        other.save(folder)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("words")
    with pytest.raises(KleiberError, match="no saved data set"):
        data.save(tmp_path / "mine")
    with pytest.raises(KleiberError, match="is a file"):
        data.save(tmp_path / "mine" / "thesis.txt")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert Dataset.open(data.save(empty)).fingerprint == data.fingerprint


def test_a_place_that_cannot_be_written_is_the_machines_fault(data, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot write the data set"):
        data.save(tmp_path / "file" / "below")


def test_a_damaged_folder_is_named_on_opening(data, tmp_path) -> None:
    folder = data.save(tmp_path / "saved")
    with pytest.raises(KleiberError, match="no saved data set"):
        Dataset.open(tmp_path)
    np.save(folder / "test-x.npy", np.zeros((1, 1), dtype=np.float32))
    with pytest.raises(KleiberError, match=r"test is not as dataset.json says"):
        Dataset.open(folder)
    np.save(folder / "train-x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(KleiberError, match="train"):
        Dataset.open(folder)
    (folder / "dataset.json").write_text(json.dumps({"schema": "other"}))
    with pytest.raises(KleiberError, match="has no schema"):
        Dataset.open(folder)


def test_chance_is_the_loss_of_guessing_on_the_validation_targets(make_raw) -> None:
    train, validation = [0, 0, 0, 1], [0, 1]
    raw = make_raw(train=train, validation=validation, test=[0])
    shared = {"fingerprint": "", "duplicates": {}, "notes": (), "name": "d", "classes": raw.classes}
    data = Dataset(task="classification", train=raw.train, validation=raw.validation, test=raw.test, **shared)
    assert data.chance["loss"] == pytest.approx(-(np.log(0.75) + np.log(0.25)) / 2)
    assert data.chance["error"] == 0.5
    parts = {label: Part(p.x, p.y.astype(np.float64)) for label, p in raw.parts().items()}
    assert Dataset(task="regression", **parts, **shared).chance["loss"] == pytest.approx((0.25**2 + 0.75**2) / 2)
