"""A backbone trained whole: the same study as with it frozen, by another trainer."""

import numpy as np
import pytest

import kleiber
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
def test_a_rate_that_is_far_too_high_diverges(tmp_path):
    (row,) = rows(tmp_path / "a", params={"lr": 1e30})
    assert row["state"] == "diverged" and "try a lower" in row["message"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"module": "wordllama"}, "can't be fine-tuned"),
        ({"module": "efficientnet"}, "is no backbone"),
        ({"params": {"width": 3}}, r"\[params\] width: fine-tuning takes lr, weight_decay, batch_size"),
        ({"data": (np.arange(120.0).reshape(60, 2), KINDS)}, "takes images, and the data are none"),
        ({"metric": "accuracy"}, r"metric: 'accuracy' is not measured"),
    ],
)
def test_what_cannot_be_tuned_is_refused(tmp_path, fields, said):
    with pytest.raises(KleiberError, match=said):
        rows(tmp_path / "a", **fields)
