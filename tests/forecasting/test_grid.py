"""A part of a grid has the shapes that are asked for, in their order, and gives what the whole gives."""

import numpy as np
import pytest

from kleiber.forecasting.bounded import shapes
from kleiber.forecasting.calibration import chosen as table
from kleiber.forecasting.clean import grids
from kleiber.forecasting.grid import chosen

T, FIRST = np.array([[-3.0, -1.2, 0.0, 2.5]]), np.array([-3.0])


@pytest.mark.parametrize("seed", range(4))
def test_a_part_gives_what_the_whole_gives(seed) -> None:
    whole = grids(chosen(None, table(None).laws)).all
    chance = np.random.default_rng(seed)
    asked = chance.choice(len(whole.family), size=(1, 5, 60, 2000)[seed], replace=True)
    part, of = whole.part(asked)
    assert np.all(np.diff(of) > 0) and set(asked) <= set(of)
    assert len(of) == len(part.family) == len(part.log_prior) <= len(whole.family)
    np.testing.assert_array_equal(part.falls(T, FIRST)[0], whole.falls(T, FIRST)[0][of])
    for mine, others in ((part.has_floor, whole.has_floor), (part.falls_at_all, whole.falls_at_all)):
        np.testing.assert_array_equal(mine, others[of])
    assert [part.laws[k].name for k in part.family] == [whole.laws[k].name for k in whole.family[of]]


def test_a_part_with_few_exponents_is_small() -> None:
    whole = shapes()
    part, of = whole.part(np.array([100, 101]))  # of one exponent and bend, as a grid has 25 places
    assert of.tolist() == [100, 101] and len(part.family) == 2
