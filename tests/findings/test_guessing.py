"""Of one size it is never said both that it is hardly better than guessing and that it lies near the floor."""

import re

import numpy as np
import pytest

import kleiber
from kleiber.curves.curve import make_curve
from kleiber.forecasting.flatness import NEAR_CHANCE

CHANCE = 0.6667
SHAPES = {
    "guessing": [0.655] * 5,
    "late": [0.66, 0.65, 0.64, 0.60, 0.50],
    "levelling off": [0.66, 0.56, 0.545, 0.541, 0.540],
    "high": [0.66, 0.58, 0.552, 0.5445, 0.542],
}


def findings(shape, seed):
    n = np.repeat([100, 200, 400, 800, 1600], 2)
    noise = np.exp(np.random.default_rng(seed).normal(0, 0.003, len(n)))
    return kleiber.analyse(make_curve(n, np.repeat(SHAPES[shape], 2) * noise, chance=CHANCE)).content


@pytest.mark.parametrize("shape", SHAPES)
def test_a_size_hardly_better_than_guessing_is_not_called_near_the_floor(shape):
    for seed in range(6):
        found = findings(shape, seed)
        points = found["curves"][0]["points"]
        (said,) = [one["message"] for one in found["warnings"] if one["code"] == "small-data"]
        up_to = float(re.search(r"Up to n = ([\d,]+)", said)[1].replace(",", ""))
        near = [point for point in points if point["n"] <= up_to]
        assert near and all(point["mean"] > NEAR_CHANCE * CHANCE for point in near)
        assert not any(point["region"] and point["region"]["likely"] == "floor" for point in near)
        if len(near) == len(points):
            assert not any("near the floor" in sentence for sentence in found["sentences"])


def test_sizes_that_have_learnt_are_called_near_the_floor_all_the_same():
    n = np.repeat([100, 200, 400, 800, 1600, 3200], 3)
    losses = (0.1 + 9 * n**-1.0) * np.exp(np.random.default_rng(0).normal(0, 0.003, len(n)))
    found = kleiber.analyse(make_curve(n, losses, chance=CHANCE)).content
    assert found["curves"][0]["points"][-1]["region"]["likely"] == "floor"
