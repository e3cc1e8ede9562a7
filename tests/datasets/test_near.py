"""Near-copies of validation and test in train: photos saved again, texts reworded; counted, and dropped by choice."""

import sys

import numpy as np
import pytest

from kleiber.datasets._dataset import Part, Raw
from kleiber.datasets._load import load_dataset
from kleiber.datasets._near import BITS, UNASKED, without_near_copies
from kleiber.errors import KleiberError

SIDE = 48


def photo(rng):
    """An image whose amplitudes fall with the frequency as those of photographs do (Field 1987)."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    waves = np.fft.fft2(rng.normal(size=(SIDE, SIDE))) / np.maximum(frequency, 1 / SIDE)
    plain = np.fft.ifft2(waves).real
    return np.clip(128 + 45 * (plain - plain.mean()) / plain.std(), 0, 255)


def images(seed, count):
    rng = np.random.default_rng(seed)
    return np.array([photo(rng) for _ in range(count)])[..., None]


def part(x, **keys):
    return Part(x, np.arange(len(x), dtype=np.int64) % 2, keys=keys)


@pytest.fixture
def photos():
    train, validation, test = images(0, 60).astype(np.uint8), images(1, 20).astype(np.uint8), images(2, 20)
    noise = np.random.default_rng(3).normal(0, 3, size=(4, SIDE, SIDE, 1))
    test[:4] = np.clip(train[10:14] + 6 + noise, 0, 255)  # brighter, and saved again with losses
    names = {label: np.array([f"{label}/{i}.png" for i in range(60)]) for label in ("train", "validation", "test")}
    return {
        "train": part(train, file=names["train"]),
        "validation": part(validation, file=names["validation"][:20]),
        "test": part(test.astype(np.uint8), file=names["test"][:20]),
    }


WORDS = (
    "the a of light river stone bird over under slow quick small large grey red house door runs stands falls".split()  # noqa: SIM905
)


def text(rng):
    return " ".join(rng.choice(WORDS, size=40))


@pytest.fixture
def texts():
    rng = np.random.default_rng(0)
    train, validation, test = ([text(rng) for _ in range(count)] for count in (50, 20, 20))
    test[:3] = [each.rsplit(" ", 1)[0] + " again" for each in train[5:8]]  # all but the last word

    def of(listed):
        return part(np.array([each.encode() for each in listed]))

    return {"train": of(train), "validation": of(validation), "test": of(test)}


@pytest.mark.parametrize("choice", [None, "count"])
def test_images_that_are_almost_those_of_train_are_counted_with_examples_and_stay(photos, choice):
    kept, counts, notes = without_near_copies(photos, choice)
    assert counts == {"test_near_train": 4} and len(kept["train"]) == 60
    (note,) = notes
    assert note.startswith(
        "test examples of which train has a near-copy: 4 of 20 (test/0.png is like train/10.png; test/1.png "
    )


def test_they_are_dropped_from_train_by_choice_alone(photos):
    kept, counts, notes = without_near_copies(photos, "drop")
    assert counts == {"test_near_train": 4, "train_near_copies": 4} and len(kept["train"]) == 56
    assert not set(kept["train"].keys["file"]) & {f"train/{i}.png" for i in range(10, 14)}
    assert len(kept["test"]) == 20 and notes[-1].endswith("near-copies of such: 4")
    assert without_near_copies(kept, "count")[1:] == ({}, ())


def test_texts_with_another_ending_are_near_copies_and_unlike_ones_are_none(texts):
    _, counts, notes = without_near_copies(texts, "count")
    assert counts == {"test_near_train": 3}
    assert "3 of 20 (row 0 is like row 5; row 1 is like row 6; row 2 is like row 7)" in notes[0]
    assert len(without_near_copies(texts, "drop")[0]["train"]) == 47


def test_colour_makes_no_difference_to_what_is_found(photos):
    coloured = {label: Part(np.repeat(each.x, 3, axis=3), each.y) for label, each in photos.items()}
    assert without_near_copies(coloured, "count")[1] == {"test_near_train": 4}


def test_nothing_is_looked_for_unasked_where_that_takes_long_or_was_ruled_out(photos):
    many = {**photos, "train": photos["train"].take(np.arange(UNASKED) % 60)}
    assert without_near_copies(many, None)[1:] == without_near_copies(photos, "ignore")[1:] == ({}, ())
    assert BITS < 10


def test_what_has_no_measure_is_refused_where_it_was_asked_for():
    parts = {label: part(np.zeros((4, 5), dtype=np.float32)) for label in ("train", "validation", "test")}
    assert without_near_copies(parts, None)[1:] == ({}, ())
    with pytest.raises(KleiberError, match="images of at least 32 x 32 pixels; these are neither"):
        without_near_copies(parts, "count")
    with pytest.raises(KleiberError, match="near_copies must be 'count', 'drop', 'ignore', not 'yes'"):
        without_near_copies(parts, "yes")


@pytest.mark.parametrize("package", ["imagehash", "datasketch"])
def test_a_missing_package_is_named_with_its_extra(photos, texts, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    parts = photos if package == "imagehash" else texts
    assert without_near_copies(parts, None)[1:] == ({}, ())
    with pytest.raises(KleiberError, match=rf"needs the package '{package}'.*kleiber\[copies\]"):
        without_near_copies(parts, "count")


def test_a_data_set_that_is_split_is_looked_at_after_the_split_and_says_so():
    x = images(5, 80).astype(np.uint8)
    doubled = np.concatenate([x, np.clip(x.astype(int) + 5, 0, 255).astype(np.uint8)])
    y = np.tile(np.arange(80, dtype=np.int64) % 2, 2)
    raw = Raw(name="bursts", task="classification", classes=("a", "b"), train=Part(doubled, y))
    counted = load_dataset(raw, seed=0)
    assert counted.duplicates["test_near_train"] > 5 and "near-copy" in " ".join(counted.notes)
    dropped = load_dataset(raw, seed=0, options={"near_copies": "drop"})
    assert len(dropped.train) < len(counted.train) and dropped.fingerprint != counted.fingerprint
    assert np.array_equal(dropped.test.x, counted.test.x)
