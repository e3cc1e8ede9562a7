"""Needed data against the target: the same sizes as `need` gives one by one."""

import numpy as np
import pytest

import kleiber
from kleiber.findings.sideways import needed_curve

N = np.repeat(200.0 * 2.0 ** np.arange(6), 2)
NOISE = 1 + 0.01 * np.random.default_rng(0).normal(size=12)
pytestmark = pytest.mark.filterwarnings("ignore::kleiber.HorizonWarning")


def test_each_target_has_the_sizes_that_need_gives():
    fc = kleiber.forecast(N, (0.05 + 0.8 * (N / 200) ** -0.45) * NOISE, metric="error")
    found = needed_curve(fc)
    assert len(found["loss"]) == len(found["n5"]) == len(found["grade"]) == 19
    for i in range(1, 19, 5):
        need = kleiber.need(fc, found["loss"][i])
        for name, probability in (("n5", 0.05), ("n50", 0.5), ("n95", 0.95)):
            expected = need.size(probability)
            told = found[name][i]
            assert told is None if np.isinf(expected) else told == pytest.approx(expected, rel=0.01)
        assert found["grade"][i] == fc.grade(found["n50"][i])


def test_targets_are_in_the_metric_of_the_user():
    accuracy = 100 - 100 * (0.05 + 0.8 * (N / 200) ** -0.45) * NOISE
    fc = kleiber.forecast(N, accuracy, metric="val_acc")
    found = needed_curve(fc)
    assert found["value"] == pytest.approx([fc.curve.scale.value(loss) for loss in found["loss"]])
    assert found["value"][0] > 75
    assert found["value"][0] < found["value"][-1]


@pytest.mark.parametrize("loss", [np.full(12, 0.5) * NOISE, N[:2] / 1000])
def test_a_flat_or_a_refused_curve_answers_no_target(loss):
    assert needed_curve(kleiber.forecast(N[: len(loss)], loss, metric="error")) is None
