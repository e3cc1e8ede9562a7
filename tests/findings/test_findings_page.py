"""docs/findings.md names every key that findings have, and no other."""

import re
from pathlib import Path

import numpy as np

from kleiber import analyse
from kleiber.curves.curve import make_curve

PAGE = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
INTERVAL = {"median", "low", "high", "probability"}
WHOLE = (
    "study",
    "search",
    "classes",
    "curves[].scale",
    "comparisons[].scale",
    "comparisons[].data",
    "curves[].forecast.floor",
)
WHOLE += ("curves[].points[].loss", "curves[].backtest[].loss", "curves[].forecast.at[].loss")
WHOLE += (
    "provenance",
    "warnings",
    "curves[].points[].region",
    "curves[].forecast.band",
    "curves[].forecast.needed",
    "curves[].forecast.flatness",
    "advice[].asked",
)
WHOLE += (
    "curves[].forecast.warnings",
    "curves[].forecast.flatness",
    "advice[].warnings",
    "advice[].break_even",
    "what_if[].need",
    "what_if[].plan",
    "comparisons[].warnings",
)
N = np.repeat(200.0 * 2.0 ** np.arange(6), 2)


def leaves(value, path=""):
    """Give the paths of what is not divided further."""
    if path in WHOLE or not isinstance(value, dict | list) or (isinstance(value, dict) and set(value) == INTERVAL):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif any(isinstance(inner, dict) for inner in value):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path


def curve(model, exponent, seed):
    noise = 1 + 0.01 * np.random.default_rng(seed).normal(size=12)
    return make_curve(N, ((N / 200) ** -exponent + 0.1) * noise, replicate=list(range(2)) * 6, model=model)


def test_the_page_has_every_key_and_no_other() -> None:
    terms = {"months": 6, "cost_per_month": 20_000, "gain": (0.0, 0.2)}
    curves = [curve("a", 0.3, 0), curve("b", 0.4, 1)]
    asked = {"target": 0.3, "value_per_point": 50_000, "price_per_example": 0.5, "terms": terms}
    found = analyse(curves, **asked, what_if=True, effects=True).to_dict()
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    told = [path for row in rows for path in re.findall(r"`([^`]+)`", row)]
    assert len(told) == len(set(told))
    assert set(told) == set(leaves(found))
