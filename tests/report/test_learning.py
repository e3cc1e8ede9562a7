"""The description of the figure: what is drawn, and what is not."""

import copy
import math

import pytest

from kleiber.metric import Metric
from kleiber.report.comparing import draw_comparison
from kleiber.report.content import pieces
from kleiber.report.learning import draw_curve


def roles(panel):
    return {mark.role for mark in panel.marks} | {line.role for line in panel.lines} | {b.role for b in panel.bands}


def test_both_panels_show_the_same_things(findings):
    log, plain = draw_curve(findings["curves"][0]).panels
    everything = {"measured", "value", "backtest", "asked", "median", "ahead", "chance", "target", "band50", "band90"}
    assert everything | {"horizon"} == roles(log)
    assert everything == roles(plain)
    assert log.x.log and log.y.log and not plain.x.log and not plain.y.log


def test_what_was_measured_is_solid_and_the_forecast_dashed_and_paler_by_grade(findings):
    forecast = findings["curves"][0]["forecast"]
    largest, horizon = forecast["largest"], forecast["horizon"]
    log = draw_curve(findings["curves"][0]).panels[0]
    lines = [line for line in log.lines if line.role in ("median", "ahead")]
    assert [(line.role, line.grade) for line in lines] == [
        ("median", "fit"),
        ("ahead", "firm"),
        ("ahead", "rough"),
        ("ahead", "guess"),
    ]
    assert lines[0].x[-1] == lines[1].x[0] == pytest.approx(largest)
    assert lines[2].x[-1] == lines[3].x[0] == horizon
    assert [band.grade for band in log.bands if band.role == "band90"] == ["fit", "firm", "rough", "guess"]


def test_every_mark_stands_at_its_own_size_and_value(findings):
    curve = findings["curves"][0]
    marks = {mark.role: mark for mark in draw_curve(curve).panels[0].marks}
    assert marks["measured"].x == tuple(p["n"] for p in curve["points"])
    assert list(zip(marks["value"].x, marks["value"].y, strict=True)) == [
        (p["n"], v) for p in curve["points"] for v in p["values"]
    ]
    told = {(row["n"], row["predicted"]) for row in curve["backtest"]}
    assert set(zip(marks["backtest"].x, marks["backtest"].y, strict=True)) <= told
    assert marks["asked"].x == (12_800, 25_600, 1_000_000)


def test_the_target_is_met_where_it_is_needed_with_its_interval(findings):
    (span,) = draw_curve(findings["curves"][0]).panels[0].spans
    assert (span.x, span.y, span.low, span.high) == ((17_542.7,), (1.40,), (9_204.0,), (51_204.0,))


def test_a_score_rises_on_an_axis_of_what_it_lacks_to_its_best(findings):
    scale = Metric("val_acc", "val_error", True, 100.0, 100.0, "%")
    points = [
        {"n": n, "mean": v, "low": v - 1, "high": v + 1, "sd": 0.5, "count": 1, "values": [v]}
        for n, v in ((100, 60.0), (200, 80.0), (400, 90.0))
    ]
    curve = {**findings["curves"][0], "scale": scale.to_dict(), "points": points, "chance": 10.0, "backtest": []}
    curve["forecast"] = {"status": "refused", "reason": "flat", "help": None, "flat": False}
    log, plain = draw_curve(curve).panels
    places = [log.y.fraction(v) for v in (60.0, 80.0, 90.0)]
    assert places[2] - places[1] == pytest.approx(places[1] - places[0]) and places[1] > places[0]
    assert log.y.at(log.y.fraction(87.5)) == pytest.approx(87.5)
    assert log.y.label == plain.y.label == "val_acc, %"
    assert {"80", "90"} <= {tick.label for tick in log.y.ticks}


def test_the_band_is_cut_exactly_at_the_horizon():
    band = {"n": [100.0, 1000.0], **{name: [2.0, 1.0] for name in ("median", "low50", "high50", "low90", "high90")}}
    band["grade"] = ["firm", "guess"]
    given = {"status": "ok", "band": band, "largest": 100.0, "horizon": math.sqrt(100 * 1000)}
    firm, guess = pieces(given)
    assert (firm.grade, guess.grade) == ("firm", "guess")
    assert firm.n[-1] == guess.n[0] == pytest.approx(316.2278)
    assert firm.columns["median"] == pytest.approx((2.0, 1.5))
    assert [piece.grade for piece in pieces({**given, "horizon": None})] == ["guess"]
    assert pieces({**given, "status": "refused"}) == []


def test_a_refused_forecast_leaves_the_points(refused):
    drawing = draw_curve(refused["curves"][0])
    assert {"measured", "value", "chance"} == roles(drawing.panels[0])
    assert "(no forecast)" in drawing.title


def test_losses_that_are_not_positive_have_no_logarithmic_axes(findings):
    curve = copy.deepcopy(findings["curves"][0])
    curve["points"][-1] |= {"mean": -0.1, "low": -0.2, "high": 0.0}
    drawing = draw_curve(curve)
    assert [panel.name for panel in drawing.panels] == ["plain"]
    assert "not positive" in drawing.notes[0]


def test_equal_losses_and_a_single_size_still_have_axes(findings):
    curve = copy.deepcopy(findings["curves"][0])
    curve["forecast"] = {"status": "refused", "reason": "flat", "help": None}
    curve["backtest"] = []
    for point in curve["points"]:
        point |= {"mean": 0.5, "low": 0.5, "high": 0.5, "values": [0.5]}
    for points in (curve["points"], curve["points"][:1], []):
        curve["points"] = points
        for panel in draw_curve(curve).panels:
            assert panel.y.low < panel.y.high and panel.x.low < panel.x.high


def test_an_immense_interval_does_not_flatten_the_curve(findings):
    curve = copy.deepcopy(findings["curves"][0])
    curve["points"][0] |= {"low": 1e-9, "high": 1e9}
    for panel in draw_curve(curve).panels:
        assert panel.y.fraction(curve["points"][0]["mean"]) - panel.y.fraction(curve["points"][-1]["mean"]) > 0.2


def test_chance_far_above_the_curve_is_left_out(findings):
    curve = copy.deepcopy(findings["curves"][0])
    curve["chance"] = 1000.0
    assert all("chance" not in roles(panel) for panel in draw_curve(curve).panels)


def test_the_farthest_back_test_of_each_size_is_shown_so_that_none_lies_on_another(findings):
    curve = copy.deepcopy(findings["curves"][0])
    row = curve["backtest"][0]
    curve["backtest"] = [row | {"used_up_to": u, "n": n} for n in (800, 1600, 3200, 6400) for u in (200, 400, 600)]
    drawing = draw_curve(curve)
    marks = next(mark for mark in drawing.panels[0].marks if mark.role == "backtest")
    assert marks.x == (800, 1600, 3200, 6400)
    assert {row[1] for row in drawing.data.rows if str(row[1]).startswith("back-test")} == {"back-test from 200"}


def test_the_description_says_the_numbers(findings):
    text = draw_curve(findings["curves"][0]).description
    assert "25,600: 1.368 (rough)" in text and "1,000,000: 1.163 (guess), 90 % interval 0.763 to 1.523" in text


def test_curves_compared_have_a_colour_a_label_and_an_entry_of_the_legend_each(several):
    drawing = draw_comparison(several["curves"], "test cross-entropy")
    for panel in drawing.panels:
        assert [label.text for label in panel.labels if label.role == "series"] == ["lenet", "resnet", "mlp"]
        assert [mark.colour for mark in panel.marks] == [2, 1, 0]
        assert {line.colour for line in panel.lines if line.role == "median"} == {0, 1}
        assert {band.colour for band in panel.bands} == {0, 1}
        assert [line.y for line in panel.lines if line.role == "target"] == [(1.40, 1.40)]
        assert {span.series for span in panel.spans} <= {"k0", "k1"}
    assert [key.series for key in drawing.keys][:3] == ["k0", "k1", "k2"]


def test_of_many_curves_the_best_have_a_name_and_none_a_band(several):
    curves = [{**several["curves"][0], "model": f"m{i}"} for i in range(20)]
    drawing = draw_comparison(curves, "test cross-entropy")
    for panel in drawing.panels:
        assert [label.text for label in panel.labels if label.role == "series"] == [f"m{i}" for i in range(8)]
        assert panel.bands == ()
    assert "12 are grey" in drawing.notes[0]


def test_where_two_curves_probably_cross_the_place_is_marked(several):
    pair = {
        "first": "lenet",
        "second": "resnet",
        "crossing": {"crosses": 0.8, "place": {"median": 9e3, "low": 7e3, "high": 2e4, "probability": 0.8}},
    }
    told = {"metric": "test cross-entropy", "pairs": [pair]}
    spans = list(draw_comparison(several["curves"], "test cross-entropy", [told]).panels[0].spans)
    assert [(span.x, span.low, span.high) for span in spans if span.role == "cross"] == [((9e3,), (7e3,), (2e4,))]
    pair["crossing"]["crosses"] = 0.3
    spans = draw_comparison(several["curves"], "test cross-entropy", [told]).panels[0].spans
    assert "cross" not in {span.role for span in spans}


def test_the_values_of_a_figure_are_those_of_the_findings(findings):
    curve = findings["curves"][0]
    rows = draw_curve(curve).data.rows
    means = {(row[2], row[3]) for row in rows if str(row[1]).startswith("measured")}
    assert means == {(point["n"], point["mean"]) for point in curve["points"]}
    band = curve["forecast"]["band"]
    law = {(row[2], row[3], row[4], row[5]) for row in rows if row[1] in ("fitted", "forecast")}
    assert law == set(zip(band["n"], band["median"], band["low90"], band["high90"], strict=True))


def test_the_regions_are_a_strip_of_three_named_lanes_under_the_logarithmic_axis(findings):
    log, plain = draw_curve(findings["curves"][0]).panels
    assert [lane.text for lane in log.lanes] == ["small data", "power law", "floor"]
    assert plain.lanes == () and plain.strip == 0 and log.strip > 0
    for lane in log.lanes:
        cells = list(zip(lane.start, (p["n"] for p in findings["curves"][0]["points"]), lane.end, strict=True))
        assert all(start < n < end for start, n, end in cells)
        assert lane.end[:-1] == lane.start[1:]
    shares = zip(*(lane.share for lane in log.lanes), strict=True)
    assert all(sum(share) == pytest.approx(1) for share in shares)
    assert (
        "Most probably small data: 200. Most probably power law: 400, 800" in draw_curve(findings["curves"][0]).description
    )


def test_where_no_region_is_told_there_is_no_strip(findings, refused):
    curve = copy.deepcopy(findings["curves"][0])
    curve["points"][2]["region"] = None
    assert draw_curve(curve).panels[0].lanes == ()
    assert draw_curve(refused["curves"][0]).panels[0].lanes == ()


def test_no_label_lies_on_data(findings, several):
    drawings = [draw_curve(findings["curves"][0]), draw_comparison(several["curves"], "test cross-entropy")]
    for panel in (panel for drawing in drawings for panel in drawing.panels):
        for label in panel.labels:
            assert math.isinf(label.x) or (label.role == "horizon" and label.y == panel.y.high and label.dy < 0)
