"""The options that all answering commands have: which rows count, and what sizes are."""

import subprocess
import sys

import pytest

from kleiber.command.asked import Asked
from kleiber.errors import KleiberError

SIZES = (100, 200, 400, 800)


@pytest.fixture
def sweep(tmp_path):
    path = tmp_path / "runs.csv"
    rows = [f"{n},{knob},{e},{5 * n**-0.3 + knob + 1 / e}" for n in SIZES for knob in (0, 1, 2) for e in (1, 2, 3)]
    path.write_text("\n".join(["n,knob,epoch,loss", *rows]) + "\n")
    return path


def test_the_options_of_rows_and_sizes_reach_the_table(sweep, tmp_path) -> None:
    best = Asked(source=sweep, best_of="knob", keep="best", unit_of_n="images").table(silent=True)
    assert [row.loss for row in best.rows] == pytest.approx([5 * n**-0.3 + 1 / 3 for n in SIZES])
    assert best.unit_of_n == "images"
    some = Asked(source=sweep, where=["knob=1", "knob=2"], column=["model=knob"]).table(silent=True)
    assert {row.model for row in some.rows} == {"1", "2"}
    (tmp_path / "shares.csv").write_text("n,loss\n0.1,3\n0.5,2\n1,1.5\n")
    assert [row.n for row in Asked(source=tmp_path / "shares.csv", pool=1000).table(silent=True).rows] == [100, 500, 1000]
    for asked, message in (
        ({"where": ["knob"]}, "--where: 'knob'"),
        ({"pool": 0.0, "best_of": "knob"}, "pool is 0.0"),
        ({"keep": "x"}, "keep='x'"),
    ):
        with pytest.raises(KleiberError, match=message):
            Asked(source=sweep, **asked).table()


def test_a_command_names_the_column_that_splits_and_a_line_that_works(sweep) -> None:
    def forecast(*options):
        line = [sys.executable, "-m", "kleiber", "forecast", str(sweep), *options]
        return subprocess.run(line, capture_output=True, text=True, timeout=300)

    asked = forecast()
    assert asked.returncode == 2 and "differ by 'knob'" in asked.stderr
    assert "--best-of knob" in asked.stderr and "--column model=knob" in asked.stderr
    for options in (("--best-of", "knob"), ("--where", "knob=1"), ("--column", "model=knob")):
        answered = forecast(*options)
        assert answered.returncode == 0 and "forecast" in answered.stdout, answered.stderr
