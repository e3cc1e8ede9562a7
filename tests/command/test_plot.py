"""The plot of characters: marks at their places, ticks in the user's unit, no row wider than the terminal, names inert."""

import io
import sys

import numpy as np
import pytest

from kleiber import compare, forecast
from kleiber.command import terminal
from kleiber.command.cli import main
from kleiber.command.plot import NARROWEST, drawn, of_forecast, wanted
from kleiber.curves.curve import make_curve

N = 100.0 * 2.0 ** np.arange(6)
LOSS = 0.05 + 3.0 * N**-0.4


@pytest.fixture(scope="module")
def loss():
    return forecast(N, LOSS)


@pytest.fixture(scope="module")
def accuracy():
    return forecast(N, 100 - 100 * LOSS, metric="val_acc")


def rows(fc, *, width=80, braille=True, target=None, name="net", others=()):
    lines = [of_forecast(fc, name), *(of_forecast(other, called) for called, other in others)]
    return ["".join(text for text, _ in row) for row in drawn(lines, fc.curve.scale, target, width=width, braille=braille)]


@pytest.mark.parametrize("width", [40, 59, 60, 80, 200])
@pytest.mark.parametrize("braille", [True, False])
def test_no_row_is_wider_than_the_terminal(loss, accuracy, width, braille) -> None:
    for fc in (loss, accuracy):
        found = rows(fc, width=width, braille=braille, target=0.1, others=[("name " * 50, fc)] * (width % 7 == 4))
        assert found and max(map(len, found)) <= width
    assert rows(loss, width=NARROWEST - 1) == []


def test_marks_fall_with_a_loss_and_rise_with_a_score(loss, accuracy) -> None:
    for fc, rising in ((loss, False), (accuracy, True)):
        found = rows(fc)
        places = sorted((row.index("●", start), i) for i, row in enumerate(found[:14]) for start in _starts(row))
        assert len(places) == 6
        down = [i for _, i in places]
        assert down == sorted(down, reverse=rising)


def _starts(row):
    return [i for i, one in enumerate(row) if one == "●"]


def test_ticks_are_round_numbers_of_the_users_unit_and_stand_where_they_belong(loss, accuracy) -> None:
    for fc, unit in ((accuracy, " %"), (loss, "")):
        line, scale = of_forecast(fc, "net"), fc.curve.scale
        values = (line.loss, line.low, line.high)
        low, high = (np.log(end(np.concatenate(values))) for end in (np.min, np.max))
        ticks = [(i, row.split("│")[0].strip()) for i, row in enumerate(rows(fc)[:14]) if row.split("│")[0].strip()]
        assert len(ticks) >= 3
        for i, text in ticks:
            assert text.endswith(unit)
            share = (np.log(scale.loss_of(float(text.removesuffix(unit)))) - low) / (high - low)
            assert i == pytest.approx(13 * (share if scale.higher_is_better else 1 - share), abs=0.51)
    assert "1,000" in rows(loss)[15] and "10,000" in rows(loss)[15]


def test_a_terminal_without_such_characters_gets_plain_ones(loss) -> None:
    found = "\n".join(rows(loss, braille=False, target=0.1))
    assert found.isascii() and {"o", "*", ".", "-"} <= set(found) and "- target 0.1" in found
    assert "╌ target 0.1" in "\n".join(rows(loss, target=0.1))


def test_several_models_are_letters_with_a_legend_and_their_names_are_inert(loss, accuracy) -> None:
    worse = forecast(N, 1.3 * LOSS)
    found = rows(loss, others=[("b\x1b[2J", worse)])
    assert sum(row.count("A") for row in found[:14]) >= 5 and sum(row.count("B") for row in found[:14]) >= 5
    legend = "\n".join(found[16:])
    assert "A net" in legend and "B b\N{REPLACEMENT CHARACTER}[2J" in legend and "\x1b" not in legend
    assert "A net" not in "\n".join(rows(accuracy))


def test_a_refused_forecast_shows_what_was_measured_and_bad_losses_nothing() -> None:
    two = forecast([100, 200], [1.0, 0.8])
    found = rows(two)
    assert sum(row.count("●") for row in found[:14]) == 2
    zero = forecast(make_curve([100, 200, 400], [1.0, 0.5, 0.0]))
    assert rows(zero) == []


def test_it_is_on_a_terminal_alone_unless_somebody_says(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not wanted(None) and wanted(True) and not wanted(False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert wanted(None)


@pytest.fixture
def table(tmp_path):
    rows = [
        f"{model},{n:.0f},{k * loss:.4f}" for model, k in (("a", 1), ("b", 1.3)) for n, loss in zip(N, LOSS, strict=True)
    ]
    (tmp_path / "runs.csv").write_text("\n".join(["model,n,loss", *rows]) + "\n")
    return str(tmp_path / "runs.csv")


@pytest.mark.parametrize(("options", "drawn_"), [([], False), (["--plot"], True), (["--no-plot"], False)])
@pytest.mark.parametrize("command", ["forecast", "compare"])
def test_the_commands_print_it_without_colours_into_a_pipe(command, options, drawn_, table, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, table, *options])
    out = capsys.readouterr().out
    assert ended.value.code == 0 and "\x1b" not in out
    assert ("measured loss; " in out) == drawn_
    if drawn_ and command == "compare":
        assert "A a" in out and "B b" in out


def test_a_comparison_is_drawn_of_the_forecasts_that_it_has() -> None:
    found = compare({"a": (N, LOSS), "b": (N, 1.3 * LOSS)}, target=0.2)
    line = of_forecast(found.forecasts[1], "b")
    assert line.median[-1] == pytest.approx(found.forecasts[1].quantile(line.ahead[-1], 0.5, of="mean"))
    assert line.ahead[-1] == pytest.approx(8 * N[-1]) and found.target == 0.2


def test_words_are_not_broken_on_a_terminal_and_a_pipe_gets_whole_lines(monkeypatch, capsys) -> None:
    text = "word " * 11 + "at 90 % " + "word " * 20 + "w" * 90
    terminal.print_sentences([text])
    assert capsys.readouterr().out == text + "\n"

    class Screen(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stdout", Screen())
    terminal.print_sentences([text])
    lines = sys.stdout.getvalue().splitlines()
    assert [len(line) <= 60 for line in lines] == [True, True, True, False] and lines[-1] == "w" * 90
    assert " ".join(lines).split() == text.split() and lines[1].startswith("90 % word")
