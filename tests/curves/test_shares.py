"""Nothing in examples is asked of sizes that are shares of a pool."""

import numpy as np
import pytest

import kleiber
from kleiber.answers.plan.decide import plan
from kleiber.curves.curve import curves_of
from kleiber.errors import KleiberError
from kleiber.importers import read

TABLE = {
    "n": [0.01, 0.05, 0.1, 0.25, 0.5, 1.0],
    "accuracy": [0.496, 0.6775, 0.733, 0.7784, 0.8058, 0.8307],
}


def test_the_curve_carries_what_its_sizes_count() -> None:
    assert [curve.unit_of_n for curve in curves_of(read(TABLE))] == ["share"]
    assert [curve.unit_of_n for curve in curves_of(read(TABLE, pool=50_000))] == [None]


def test_prices_and_sizes_in_examples_are_refused_until_the_pool_is_known() -> None:
    shares, examples = read(TABLE), read(TABLE, pool=50_000)
    money = {"value_per_point": 2e4, "price_per_example": 0.5}
    for asked in (
        lambda table: kleiber.analyse(table, target=0.14, metric="error", price_per_example=0.5),
        lambda table: kleiber.analyse(table, at=[100_000]),
        lambda table: plan(kleiber.forecast(table), **money),
        lambda table: kleiber.next_run(table, budget=1e5, price_per_example=0.5),
        lambda table: kleiber.next_run(table, budget=1e5, at=100_000),
    ):
        with pytest.raises(KleiberError, match=r"shares of a pool, up to 1\. .*pool=50000 \(--pool 50000\)"):
            asked(shares)
        assert asked(examples)
    assert kleiber.analyse(shares, at=[2, 4.2])


def test_models_are_compared_at_shares_of_one_pool_only() -> None:
    names = [name for name in "ab" for _ in TABLE["n"]]
    worse = [*TABLE["accuracy"], *(value - 0.05 for value in TABLE["accuracy"])]
    table = read({"n": TABLE["n"] * 2, "accuracy": worse, "model": names})
    with pytest.raises(KleiberError, match="at=100000 is in examples"):
        kleiber.compare(table, at=np.array([1.0, 1e5]))
    assert kleiber.compare(table, at=[1.0, 2.0]).sentences
