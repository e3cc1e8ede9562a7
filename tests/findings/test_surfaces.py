"""The right value in the user's unit on every surface (terminal, JSON, page, figure), against losses converted by hand."""

import json
import re
from html import unescape

import numpy as np
import pytest

import kleiber
from kleiber.command.terminal import print_findings
from kleiber.report.learning import draw_curve
from kleiber.report.page import page
from kleiber.report.reading import for_reader

N = np.repeat([100, 200, 400, 800, 1600, 3200], 2)
LOSS = (0.08 + 2.4 * N**-0.42) * np.tile([1.01, 0.99], 6)
CASES = {
    "val_acc": (lambda loss: 100 - 100 * loss, "error"),
    "accuracy": (lambda loss: 1 - loss, "error"),
    "bleu": (lambda loss: 100 - 100 * loss, "loss"),
    "neg_log_loss": (lambda loss: -loss, "loss"),
    "loss": (lambda loss: loss, "loss"),
}
"""Each metric's value of a loss, by hand, and what the same losses are called when they are given as losses."""


@pytest.fixture(params=CASES)
def told(request):
    """Findings of a metric, and what they should say: medians and ends at each size, means, the floor."""
    value, known_as = CASES[request.param]
    rows = [
        {"n": int(n), "loss": value(loss), "metric": request.param, "seed": i}
        for i, (n, loss) in enumerate(zip(N, LOSS, strict=True))
    ]
    fc = kleiber.forecast(N, LOSS, metric=known_as, seed=list(range(len(N))))
    at = [6400.0, 12800.0, 25600.0]
    ahead = [sorted(value(fc.quantile(n, [0.05, 0.95]))) + [value(fc.median(n))] for n in at]
    means = [value(LOSS[n == N].mean()) for n in np.unique(N)]
    floor = value(fc.floor.median)
    return kleiber.analyse(rows, target=value(0.13)), at, ahead, means, floor, value(0.13)


def numbers(text):
    return [
        float(found.replace(",", "").replace("\u2212", "-"))
        for found in re.findall(r"(?<![\w.])[-\u2212]?\d[\d,]*(?:\.\d+)?", text)
    ]


def holds(text, wanted, *, places=2):
    """Say whether a text has each number wanted, as far as it was rounded."""
    found = numbers(text)
    return all(any(abs(one - value) <= 0.51 * 10 ** -digits(text, one) for one in found) for value in wanted)


def digits(text, one):
    """Give the decimals of a number as the text writes it."""
    written = [m for m in re.findall(r"\d[\d,]*(?:\.\d+)?", text) if float(m.replace(",", "")) == abs(one)]
    return max(len(m.partition(".")[2]) for m in written)


def test_json_has_the_values_and_the_losses_beside(told):
    found, at, ahead, means, floor, target = told
    (curve,) = json.loads(found.to_json())["curves"]
    assert [entry["n"] for entry in curve["forecast"]["at"]] == at
    for entry, (low, high, middle) in zip(curve["forecast"]["at"], ahead, strict=True):
        assert [entry["low"], entry["high"], entry["median"]] == pytest.approx([low, high, middle], rel=1e-9)
    assert [point["mean"] for point in curve["points"]] == pytest.approx(means)
    assert [point["loss"]["mean"] for point in curve["points"]] == pytest.approx(
        [LOSS[n == N].mean() for n in np.unique(N)]
    )
    assert curve["forecast"]["floor"]["median"] == pytest.approx(floor, rel=1e-6)
    assert curve["forecast"]["target"]["value"] == pytest.approx(target)
    band = [curve["forecast"]["band"][name][0] for name in ("low90", "low50", "median", "high50", "high90")]
    assert band == sorted(band)


def test_the_terminal_has_them(told, capsys):
    found, at, ahead, means, _, _ = told
    print_findings(found, as_json=False, full=True)
    table = capsys.readouterr().out
    for n, row in zip(at, ahead, strict=True):
        (line,) = [line for line in table.splitlines() if line.strip().startswith(f"{n:,.0f} ")]
        assert holds(line, row), (line, row)
    for n, mean in zip(np.unique(N), means, strict=True):
        (line,) = [line for line in table.splitlines() if line.strip().startswith(f"{n:,} ")]
        assert holds(line, [mean]), (line, mean)


def test_the_first_sentences_have_them(told):
    found, at, ahead, means, _, target = told
    assert f"{target:.6g}" in found.sentences[0]
    (answer,) = [text for text in found.sentences if text.startswith(f"At {at[0]:,.0f} ")]
    assert holds(answer, [*ahead[0], means[-1]]), answer


def test_page_and_figure_have_them(told):
    found, _, ahead, means, _, _ = told
    html = page(found)
    table = html[html.index("Forecast " + found.content["curves"][0]["metric"]) :]
    text = unescape(re.sub("<[^>]+>", " ", table[: table.index("</table>")])).replace("\u00a0", " ")
    assert all(holds(text, row) for row in ahead), (text, ahead)
    drawing = draw_curve(for_reader(found.content)["curves"][0])
    assert holds(drawing.description, [means[0], means[-1], *ahead[0]]), drawing.description
    for panel in drawing.panels:
        asked = next(marks for marks in panel.marks if marks.role == "asked")
        assert asked.y == pytest.approx([row[2] for row in ahead][: len(asked.y)])
        measured = next(marks for marks in panel.marks if marks.role == "measured")
        assert measured.y == pytest.approx(means)
        better = panel.y.fraction(measured.y[-1]) - panel.y.fraction(measured.y[0])
        assert (better > 0) == (means[-1] > means[0])  # a score rises on its axis, a loss falls


def beside(found, place=""):
    """Give every entry of the findings that has losses beside its values, with its place."""
    if isinstance(found, dict):
        if isinstance(found.get("loss"), dict):
            yield place, found
        for key, value in found.items():
            yield from beside(value, f"{place}.{key}")
    elif isinstance(found, list):
        for i, value in enumerate(found):
            yield from beside(value, f"{place}[{i}]")


@pytest.mark.parametrize("name", CASES)
def test_every_value_of_the_json_is_that_of_the_loss_beside_it(name) -> None:
    """All of them are walked: points, back-tests, forecasts, the floor; ends are swapped where higher is better."""
    value, _ = CASES[name]
    rows = [
        {"n": int(n), "loss": value(loss), "metric": name, "seed": i}
        for i, (n, loss) in enumerate(zip(N, LOSS, strict=True))
    ]
    content = json.loads(kleiber.analyse(rows, target=value(0.13)).to_json())
    (curve,) = content["curves"]
    falls = value(1.0) < value(0.5)
    swapped = {"low": "high", "high": "low"} if falls else {}
    walked = list(beside(curve))
    assert len(walked) == 6 + len(curve["backtest"]) + 3 + 1 and len(curve["backtest"]) == 6
    for place, entry in walked:
        for key, loss in entry["loss"].items():
            expected = abs(value(loss) - value(0.0)) if key == "sd" else value(loss)
            assert entry[swapped.get(key, key)] == pytest.approx(expected, rel=1e-9, abs=1e-12), (place, key)
    of_size = {int(n): sorted(value(LOSS[n == N])) for n in np.unique(N)}
    for point in curve["points"]:
        assert sorted(point["values"]) == pytest.approx(of_size[point["n"]])
    scale = curve["scale"]
    assert scale["higher_is_better"] == falls and scale["best"] - scale["per_loss"] * 0.3 == pytest.approx(
        value(0.3) if falls else -value(0.3)
    )
    band = curve["forecast"]["band"]
    assert all(
        low <= middle <= high for low, middle, high in zip(band["low90"], band["median"], band["high90"], strict=True)
    )
    assert band["median"][0] == pytest.approx(value(np.mean(LOSS[N == 100])), rel=0.05)


def test_every_number_of_the_terminals_tables_is_one_of_the_json(told, capsys) -> None:
    found, *_ = told
    (curve,) = json.loads(found.to_json())["curves"]
    per_cent = 100 if curve["scale"]["in_percent"] else 1
    print_findings(found, as_json=False)
    lines = capsys.readouterr().out.split("\n\n")[0].splitlines()
    entries = [*curve["points"], *curve["forecast"]["at"]]
    rows = [line for line in lines if re.match(r"\s+\d", line)]
    assert len(rows) == len(entries) == 9
    for line, entry in zip(rows, entries, strict=True):
        middle = entry.get("mean", entry.get("median"))
        wanted = [entry["n"], *(per_cent * one for one in (middle, entry["low"], entry["high"]))]
        wanted += [entry["count"]] if "count" in entry else []
        written = numbers(re.sub(r"(?<=[\d)]) %", "", line))
        assert len(written) == len(wanted), line
        for one, value in zip(written, wanted, strict=True):
            assert one == pytest.approx(value, abs=0.51 * 10 ** -digits(line, one)), line
