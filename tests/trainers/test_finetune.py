"""A backbone trained whole: the same study as with it frozen, by another trainer."""

from pathlib import Path

import numpy as np
import pytest

import kleiber
from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.study.study import Study

RNG = np.random.default_rng(2)
KINDS = np.arange(60) % 2
IMAGES = (RNG.integers(0, 90, (60, 12, 12, 3)) + 120 * KINDS[:, None, None, None] * (np.arange(12) < 6)[:, None]).astype(
    np.uint8
)


def rows(folder, **fields):
    folder.mkdir(exist_ok=True)
    given = {
        "data": {"train": (IMAGES, KINDS)},
        "trainer": "finetune",
        "module": "efficientnet-lite0",
        "sizes": [16],
        "replicates": 1,
        "training": {"epochs": 3, "pixels": 32, "batch": 8},
        **fields,
    }
    return kleiber.run_study(Study(**given), folder / "k.db").export("study")


@pytest.mark.slow
def test_it_learns_keeps_the_best_epoch_and_repeats_itself(tmp_path):
    training = {"epochs": 8, "patience": 8, "pixels": 32, "batch": 8}
    first, again = (rows(tmp_path / name, training=training, params={"lr": 0.001}) for name in "ab")
    assert first[0]["state"] == "ok" and first[0]["test"] == again[0]["test"]
    assert first[0]["validation"]["loss"] == pytest.approx(min(first[0]["history"]), rel=1e-6)
    assert first[0]["validation"]["loss"] < first[0]["history"][0] - 0.02 and first[0]["validation"]["error"] <= 0.3
    assert "images of 12 x 12 pixels were resized to 32 x 32; size = 32 under [data]" in first[0]["message"]


@pytest.mark.slow
def test_the_example_compares_the_same_study_with_the_backbone_frozen_and_tuned(tmp_path, capsys):
    from PIL import Image

    for number, (pixels, kind) in enumerate(zip(IMAGES, KINDS, strict=True)):
        place = tmp_path / "photos" / "train" / f"kind{kind}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number}.png")
    main = plugins.load_attribute(f"{Path(__file__).parents[2] / 'examples' / 'frozen_or_tuned.py'}:main")
    found = main(tmp_path / "photos", tmp_path, sizes=[8, 16, 32])
    assert str(found) in capsys.readouterr().out and "frozen" in str(found) and "tuned" in str(found)


@pytest.mark.slow
def test_a_rate_that_is_far_too_high_diverges(tmp_path):
    (row,) = rows(tmp_path / "a", params={"lr": 1e30})
    assert row["state"] == "diverged" and "try a lower" in row["message"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"module": "timm/resnet18"}, "needs 'timm', not installed here: pip install timm"),
        ({"module": "wordllama"}, "can't be fine-tuned"),
        ({"module": "efficientnet"}, "is no backbone"),
        ({"params": {"lr": "fast"}}, r"\[params\] lr: 'fast' is no number from 0 up"),
        ({"params": {"batch_size": 0}}, r"\[params\] batch_size: 0 is no number of examples"),
        ({"data": {"train": (IMAGES, 0 * KINDS)}}, "all examples are of one class, '0'"),
        ({"params": {"width": 3}}, r"\[params\] width: fine-tuning takes lr, weight_decay, batch_size"),
        ({"data": (np.arange(120.0).reshape(60, 2), KINDS)}, "takes images, and the data are none"),
        ({"metric": "accuracy"}, r"metric: 'accuracy' is not measured"),
    ],
)
def test_what_cannot_be_tuned_is_refused(tmp_path, fields, said):
    with pytest.raises(KleiberError, match=said):
        rows(tmp_path / "a", **fields)
