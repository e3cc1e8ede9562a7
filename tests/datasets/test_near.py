"""Near-copies of validation and test in train: photos saved again, texts reworded; counted, and dropped by choice."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

from kleiber.datasets import _near
from kleiber.datasets._dataset import Part, Raw
from kleiber.datasets._load import load_dataset
from kleiber.datasets._near import without_near_copies
from kleiber.errors import KleiberError

SIDE = 48


def photo(rng):
    """An image whose amplitudes fall with the frequency as those of photographs do (Field 1987)."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    waves = np.fft.fft2(rng.normal(size=(SIDE, SIDE))) / np.maximum(frequency, 1 / SIDE)
    plain = np.fft.ifft2(waves).real
    return np.clip(128 + 45 * (plain - plain.mean()) / plain.std(), 0, 255)


def things(rng):
    """An image of discs before each other, with the sizes that things in photographs have (Lee, Mumford and Huang 2001)."""
    y, x = np.mgrid[:SIDE, :SIDE]
    plain = np.full((SIDE, SIDE), 128.0)
    for radius in np.sort(np.clip(5 / np.sqrt(rng.uniform(0.005, 1, 30)), 5, 40))[::-1]:
        plain[np.hypot(x - rng.uniform(0, SIDE), y - rng.uniform(0, SIDE)) < radius] = rng.uniform(20, 235)
    return plain + rng.normal(0, 2, plain.shape)


def images(seed, count, make=photo):
    rng = np.random.default_rng(seed)
    return np.clip(np.array([make(rng) for _ in range(count)])[..., None], 0, 255)


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


def saved_again(image, quality=60):
    file = io.BytesIO()
    Image.fromarray(image[..., 0]).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))[..., None]


def cut(image, pixels):
    """Cut some pixels off the left and the top, and bring what is left to the size of the whole."""
    box = (pixels, pixels, SIDE, SIDE)
    return np.asarray(Image.fromarray(image[..., 0]).resize((SIDE, SIDE), Image.Resampling.LANCZOS, box=box))[..., None]


@pytest.mark.parametrize(
    ("change", "share"),
    [
        (saved_again, 1.0),
        (lambda image: np.clip(1.2 * image + 5, 0, 255).astype(np.uint8), 1.0),
        (lambda image: cut(image, 1), 0.9),
        (lambda image: cut(image, 2), 0.8),
    ],
    ids=["saved again", "brighter", "cut by 2 %", "cut by 4 %"],
)
@pytest.mark.parametrize("the_other_way", [False, True])
def test_what_becomes_of_a_photo_on_its_way_is_found_and_unlike_ones_are_not(photos, change, share, the_other_way):
    train, test = (images(seed, count, things).astype(np.uint8) for seed, count in ((10, 200), (11, 100)))
    if the_other_way:
        train[:50] = [change(image) for image in test[:50]]
    else:
        test[:50] = [change(image) for image in train[:50]]
    _, counts, notes = without_near_copies({**photos, "train": part(train), "test": part(test)}, "count")
    assert set(counts) == {"test_near_train"} and share * 50 <= counts["test_near_train"] <= 50
    assert "row 0 is like row 0" in notes[0]


def test_images_of_few_pixels_look_alike_by_nature_so_that_more_is_asked_of_them():
    blobs = np.array(
        [np.asarray(Image.fromarray(each[..., 0]).resize((20, 20))) for each in images(7, 240).astype(np.uint8)]
    )
    train, test = blobs[:200, ..., None], blobs[200:, ..., None]
    parts = {"train": part(train), "validation": part(test[20:]), "test": part(test[:20])}
    assert without_near_copies(parts, "count")[1] == {}
    again = np.array([saved_again(each, 95) for each in train[:20]])
    assert without_near_copies({**parts, "test": part(again)}, "count")[1]["test_near_train"] >= 18


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda said: said.replace(" ", ", ") + "!",
        lambda said: f"  {said.capitalize()}\n",
        lambda said: said + " so",
    ],
    ids=["case", "punctuation", "spaces", "a word more"],
)
def test_a_text_in_other_case_or_punctuation_is_the_same_text(texts, change):
    said = [each.decode() for each in texts["train"].x[:10].tolist()]
    test = np.array([change(each).encode() for each in said] + texts["test"].x[10:].tolist())
    assert without_near_copies({**texts, "test": part(test)}, "count")[1] == {"test_near_train": 10}


def test_texts_without_spaces_or_without_words_are_compared_too():
    def of(*listed):
        return part(np.array([each.encode() for each in listed]))

    parts = {
        "train": of("今日は天気がとても良いので公園まで散歩に行きました", "!!!", "彼は毎朝早く起きて海まで走ります"),
        "validation": of("???", "..."),
        "test": of("今日は天気がとても良いので公園まで散歩に行きました。", "私は昨日友達と映画を見ました"),
    }
    assert without_near_copies(parts, "count")[1] == {"test_near_train": 1}


def test_an_image_with_more_copies_than_are_shown_at_once_loses_all_of_them(photos):
    copies = np.concatenate([photos["train"].x, np.repeat(photos["test"].x[19:], 11, axis=0)])
    copies[60:, 0, 0] = np.arange(11, dtype=np.uint8)[:, None]  # no two are equal
    kept, counts, _ = without_near_copies({**photos, "train": part(copies)}, "drop")
    assert counts["train_near_copies"] == 4 + 11 and len(kept["train"]) == 56


def test_what_is_not_looked_for_unasked_is_said_with_what_does_and_about_how_long_that_takes(photos, texts, monkeypatch):
    assert without_near_copies(photos, "ignore")[1:] == ({}, ())
    monkeypatch.setattr(_near, "UNASKED", 0.0)
    for parts in (photos, texts):
        _, counts, (note,) = without_near_copies(parts, None)
        assert counts == {} and f"not looked for among {sum(map(len, parts.values()))} examples; that takes about " in note
        assert note.endswith('s: near_copies = "count" in [data]')
        assert without_near_copies(parts, "count")[1]


@pytest.mark.parametrize("package", ["imagehash", "datasketch"])
def test_a_missing_package_is_named_with_its_extra(photos, texts, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    parts = photos if package == "imagehash" else texts
    _, counts, (note,) = without_near_copies(parts, None)
    assert counts == {} and note.startswith(f"near-copies were not looked for: the package {package!r}, which is not ins")
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
