"""What is worked out once for all pairs is what each pair alone would get."""

from dataclasses import asdict

import numpy as np
import pytest

from kleiber import compare

N = [100, 200, 400, 800, 1600]


def runs(a: float, b: float, c: float, seed: int) -> dict[str, list[float]]:
    chance = np.random.default_rng(seed)
    n = np.repeat(N, 2)
    loss = (a * n**-b + c) * (1 + 0.01 * chance.normal(size=len(n)))
    return {"n": n.tolist(), "loss": loss.tolist(), "seed": [0, 1] * len(N)}


MODELS = {"lenet": runs(5, 0.35, 0.1, 1), "mlp": runs(6, 0.3, 0.2, 2), "forest": runs(4, 0.4, 0.3, 3)}


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for each in value.values() for number in numbers(each)]
    if isinstance(value, list | tuple):
        return [number for each in value for number in numbers(each)]
    return [float(value)] if isinstance(value, int | float) else []


def test_each_pair_of_three_has_the_numbers_of_the_two_alone() -> None:
    told: list[tuple[str, int, int]] = []
    three = compare(MODELS, at=[3200, 6400], watch=lambda *how: told.append(how))
    assert [(pair.first, pair.second) for pair in three.pairs] == [("lenet", "mlp"), ("lenet", "forest"), ("mlp", "forest")]
    for pair in three.pairs:
        alone = compare({name: MODELS[name] for name in (pair.first, pair.second)}, at=[3200, 6400]).pairs[0]
        assert numbers(asdict(pair)) == pytest.approx(numbers(asdict(alone)), rel=1e-9)
    assert [done for what, done, _ in told if what == "pairs"] == [0, 1, 2]
    assert {total for what, _, total in told if what == "pairs"} == {3}


def test_a_refused_model_leaves_the_others_compared_and_pairs_in_order() -> None:
    short = {"n": [100, 200], "loss": [1.0, 0.9]}
    found = compare({"short": short, **MODELS})
    assert [pair.first for pair in found.pairs] == ["short"] * 3 + ["lenet", "lenet", "mlp"]
    assert [bool(pair.at) for pair in found.pairs] == [False] * 3 + [True] * 3
