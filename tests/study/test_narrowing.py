import numpy as np
import pytest
from scipy.stats import qmc

from kleiber.space import coordinates, dimensions, parse_space, plain, setting
from kleiber.study.narrowing import draws, promise, spread

SPACE = parse_space(
    {
        "lr": {"low": 1e-4, "high": 1.0, "log": True},
        "width": {"low": 2, "high": 5},
        "depth": {"low": 1, "high": 64, "log": True},
        "drop": {"low": 0.0, "high": 0.5},
        "kind": ["a", None, 3],
        "flag": [False, True],
    }
)


def test_a_setting_and_its_point_are_each_others():
    assert parse_space(plain(SPACE)) == SPACE and dimensions(SPACE) == 8
    for point in spread(8, 1, 0, 50):
        params = setting(SPACE, point)
        found = setting(SPACE, coordinates(SPACE, params))
        assert {**found, "lr": 0, "drop": 0} == {**params, "lr": 0, "drop": 0}
        assert found["lr"] == pytest.approx(params["lr"]) and found["drop"] == pytest.approx(params["drop"])
        assert 1e-4 <= params["lr"] <= 1 and 0 <= params["drop"] <= 0.5


def test_each_value_of_a_choice_and_of_whole_numbers_is_as_likely():
    drawn = [setting(SPACE, point) for point in np.random.default_rng(0).random((4000, 8))]
    for name, values in (("kind", ["a", None, 3]), ("flag", [False, True]), ("width", [2, 3, 4, 5])):
        counts = [sum(one[name] == value for one in drawn) for value in values]
        assert max(counts) < 1.15 * min(counts) and sum(counts) == 4000
    assert {type(one["width"]) for one in drawn} == {int}


def test_the_ends_of_the_cube_stay_in_the_space():
    for point in (np.zeros(8), np.full(8, np.nextafter(1, 0))):
        params = setting(SPACE, point)
        assert 2 <= params["width"] <= 5 and 1 <= params["depth"] <= 64 and 1e-4 <= params["lr"] <= 1


@pytest.mark.parametrize("dims", [2, 7])
def test_a_few_points_are_spread_more_evenly_than_by_chance(dims):
    places = [spread(dims, seed, 0, 20) for seed in range(40)]
    assert all(np.array_equal(each[5:], spread(dims, seed, 5, 15)) for seed, each in enumerate(places))
    by_chance = [np.random.default_rng(seed).random((20, dims)) for seed in range(40)]
    uneven = [np.mean([qmc.discrepancy(each) for each in some]) for some in (places, by_chance)]
    assert uneven[0] < 0.6 * uneven[1]
    assert not np.array_equal(places[0], places[1])


def test_a_point_alone_is_uniform():
    firsts = np.sort([spread(2, seed, 0, 1)[0, 1] for seed in range(500)])
    assert np.abs(firsts - (np.arange(500) + 0.5) / 500).max() < 0.06  # Kolmogorov's bound at 5 %


def test_what_matters_is_told_from_what_does_not():
    """The best lie where two of six coordinates agree; the promising fifth is of such, for any seed of the draws."""
    points = spread(6, 3, 0, 60)
    order = np.argsort((points[:, 0] - points[:, 1]) ** 2, kind="stable")
    expected = promise(points[order])
    at = np.random.default_rng(1).random((2000, 6))
    taken = at[expected(at) <= np.quantile(expected(at), 0.2)]
    assert np.abs(taken[:, 0] - taken[:, 1]).mean() < 0.6 * np.abs(at[:, 0] - at[:, 1]).mean()


def test_draws_depend_on_space_seed_and_pilot_alone_and_a_longer_sequence_begins_alike():
    pilot = sorted(draws(SPACE, 1, 40), key=lambda one: abs(np.log10(one["lr"]) + 1))
    first = draws(SPACE, 7, 12, pilot)
    assert first == draws(SPACE, 7, 20, pilot)[:12] != draws(SPACE, 8, 12, pilot)
    assert first != draws(SPACE, 7, 12)
    assert np.abs(np.log10([one["lr"] for one in first]) + 1).max() < 1.2


@pytest.mark.parametrize("count", [1, 2])
def test_the_smallest_pilots_do(count):
    assert len(draws(SPACE, 0, 5, draws(SPACE, 1, count))) == 5
