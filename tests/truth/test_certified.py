"""Ten certified power laws, solved elsewhere with 60 digits: parameters, standard errors, sum of squares, forecast."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from kleiber.fitting.fit import fit
from kleiber.laws import law

FILE = Path(os.environ.get("KLEIBER_BENCH", Path(__file__).parents[3] / "shared" / "bench")) / "certified_powerlaw.json"
SETS = json.loads(FILE.read_text())["sets"] if FILE.is_file() else []


def digits(found: float, certified: str) -> float:
    relative = abs(found / float(certified) - 1)
    return 15.0 if relative == 0 else float(-np.log10(relative))


@pytest.mark.skipif(not SETS, reason="the certified power laws are not at hand: set KLEIBER_BENCH to their folder")
@pytest.mark.parametrize("entry", SETS, ids=lambda entry: entry["name"])
def test_certified_power_law(entry: dict) -> None:
    found = fit(law("power_floor"), entry["x"], entry["y"], bounded=False)
    assert found.converged and found.dof == entry["df"] and found.se is not None
    a, b, c = found.theta
    for value, name in ((a, "a"), (b, "b"), (c, "c"), (found.rss, "rss")):
        assert digits(value, entry[name]) >= 10, name
    assert digits(found.predict(entry["forecast_at"])[0], entry["forecast"]) >= 10
    for value, name in zip(found.se, ("se_a", "se_b", "se_c"), strict=True):
        assert digits(value, entry[name]) >= 8, name
    assert digits(found.predict_se(entry["forecast_at"])[0], entry["forecast_se"]) >= 8


@pytest.mark.skipif(not SETS, reason="the certified power laws are not at hand: set KLEIBER_BENCH to their folder")
def test_a_negative_certified_floor_is_held_at_zero_by_default() -> None:
    entry = next(entry for entry in SETS if float(entry["c"]) < 0)
    found = fit(law("power_floor"), entry["x"], entry["y"])
    assert found.theta[2] == 0 and found.se is None and "c at its bound" in found.status
    assert found.rss >= float(entry["rss"])
