"""NIST's two power laws, DanWood and Bennett5, without start values, against their certified values.

Also: where the iterations are cut short, a fit of any certified set is right to four digits or says that it is not
converged.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kleiber.fitting.fit import fit
from kleiber.laws import law

BENCH = Path(os.environ.get("KLEIBER_BENCH", Path(__file__).parents[3] / "shared" / "bench"))
CERTIFIED = BENCH / "certified_powerlaw.json"
WITHOUT_FLOOR = replace(law("shifted_power"), name="shifted_power_without_floor", floor=None)
LAWS = {"DanWood": law("power"), "Bennett5": WITHOUT_FLOOR}
MISSING = "NIST's data are not at hand: set KLEIBER_BENCH to the folder that holds nist/"
needs_nist = pytest.mark.skipif(not (BENCH / "nist").is_dir(), reason=MISSING)


def read(name):
    """Certified parameters, sum of squares, x and y."""
    lines = (BENCH / "nist" / f"{name}.dat").read_text().splitlines()
    certified = [float(line.split()[-2]) for line in lines[40:48] if line.strip().startswith("b")]
    rss = next(float(line.split()[-1]) for line in lines if "Residual Sum of Squares" in line)
    y, x = np.array([[float(v) for v in line.split()] for line in lines[60:] if line.strip()]).T
    return certified, rss, x, y


def theirs(name, theta):
    """DanWood: b1 x^b2. Bennett5: b1 (b2 + x)^(-1 / b3)."""
    return [theta[0], -theta[1]] if name == "DanWood" else [theta[0], theta[2], 1 / theta[1]]


def digits(found, certified) -> float:
    relative = np.abs(np.array(found) / np.array(certified, dtype=float) - 1)
    return float(np.min(-np.log10(np.maximum(relative, 1e-16))))


@needs_nist
@pytest.mark.parametrize(("name", "least"), [("DanWood", 8), ("Bennett5", 6)])
def test_nist(name, least) -> None:
    certified, rss, x, y = read(name)
    found = fit(LAWS[name], x, y, bounded=False)
    assert found.converged, found.status
    assert digits([*theirs(name, found.theta), found.rss], [*certified, rss]) >= least


@needs_nist
@pytest.mark.parametrize("name", LAWS)
def test_nist_standard_errors(name) -> None:
    lines = (BENCH / "nist" / f"{name}.dat").read_text().splitlines()
    certified = [float(line.split()[-1]) for line in lines[40:48] if line.strip().startswith("b")]
    *_, x, y = read(name)
    found = fit(LAWS[name], x, y, bounded=False)
    se = [*found.se] if name == "DanWood" else [found.se[0], found.se[2], found.se[1] / found.theta[1] ** 2]
    assert digits(se, certified) >= 6


@needs_nist
@pytest.mark.parametrize("name", LAWS)
def test_a_rising_curve_within_bounds_is_not_called_converged(name) -> None:
    *_, x, y = read(name)
    assert not fit(LAWS[name], x, y).converged


@needs_nist
@pytest.mark.parametrize("iterations", [0, 1, 2, 3, 5, 8, 20])
@pytest.mark.parametrize("name", LAWS)
def test_cut_short_nist_is_right_or_says_that_it_is_not(name, iterations) -> None:
    certified, rss, x, y = read(name)
    found = fit(LAWS[name], x, y, bounded=False, iterations=iterations)
    assert not found.converged or digits([*theirs(name, found.theta), found.rss], [*certified, rss]) >= 4
    if iterations == 0:
        assert not found.converged and "iterations=" in found.status


@pytest.mark.skipif(not CERTIFIED.is_file(), reason="the certified power laws are not at hand: set KLEIBER_BENCH")
@pytest.mark.parametrize("iterations", [0, 1, 2, 3, 5])
def test_cut_short_certified_sets_are_right_or_say_that_they_are_not(iterations) -> None:
    for entry in json.loads(CERTIFIED.read_text())["sets"]:
        found = fit(law("power_floor"), entry["x"], entry["y"], bounded=False, iterations=iterations)
        values = [*found.theta, found.rss, found.predict(entry["forecast_at"])[0]]
        right = digits(values, [entry[key] for key in ("a", "b", "c", "rss", "forecast")]) >= 4
        assert right or not found.converged, entry["name"]
