"""What guessing scores, said of a table: in which unit it is, of which metric, and what it does to a forecast."""

import numpy as np
import pytest

import kleiber
from kleiber import importers
from kleiber.command.asked import Asked
from kleiber.curves.curve import curves_of
from kleiber.curves.guessing import with_chance
from kleiber.errors import KleiberError
from kleiber.findings.analyse import analyse

SIZES = np.array([200.0, 400, 800, 1600, 3200, 6400])
ERROR = 0.9 * (1 + (SIZES / 4000) ** 0.8) ** -0.5  # begins at guessing, and bends into its fall


@pytest.mark.parametrize(
    ("name", "values", "said", "value"),
    [
        ("error", ERROR, 0.9, 0.9),
        ("error", ERROR, "90%", 0.9),
        ("accuracy", 1 - ERROR, 0.1, 0.1),
        ("accuracy", 1 - ERROR, "10 %", 0.1),
        ("accuracy", 100 * (1 - ERROR), 10, 10),
        ("loss", 2.5 * ERROR, "2.303", 2.303),
    ],
)
def test_guessing_is_said_in_the_metrics_own_unit(name, values, said, value) -> None:
    (curve,) = curves_of(with_chance(importers.read({"n": SIZES, name: values}), said))
    assert curve.scale.value(curve.chance) == pytest.approx(value)


def test_of_several_metrics_one_is_named() -> None:
    columns = {"n": SIZES, "loss": 2.5 * ERROR, "error": ERROR}
    with pytest.raises(KleiberError, match=r"chance=0.9: there are error and loss: choose one by metric="):
        with_chance(importers.read(columns), 0.9)
    table = with_chance(importers.read(columns), 0.9, metric="error")
    assert {curve.metric: curve.chance for curve in curves_of(table)} == {"loss": None, "error": 0.9}


def test_what_cannot_be_guessing_is_refused() -> None:
    columns = {"n": SIZES, "error": ERROR}
    with pytest.raises(KleiberError, match=r"chance=0.1: every error is worse"):
        with_chance(importers.read(columns), 0.1)  # the accuracy of guessing, for its error
    with pytest.raises(KleiberError, match=r"chance=90: 'error' is a fraction of 1 here; write 0.9"):
        with_chance(importers.read(columns), 90)
    known = with_chance(importers.read(columns), 0.9)
    with pytest.raises(KleiberError, match="measured what guessing scores"):
        with_chance(known, 0.9)


def test_a_command_that_is_told_forecasts_as_python_does(tmp_path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("n,error\n" + "\n".join(f"{n},{e}" for n, e in zip(SIZES, ERROR, strict=True)) + "\n")

    def low(chance: str | None) -> float:
        (curve,) = analyse(Asked(source=path, chance=chance).table(silent=True)).content["curves"]
        return curve["forecast"]["at"][-1]["low"]

    told = kleiber.forecast(SIZES, ERROR, metric="error", chance=0.9)
    asked = 8 * SIZES[-1]
    assert low("90%") == pytest.approx(told.quantile(asked, 0.05), rel=1e-9)
    assert low("90%") < 0.93 * low(None)
