"""The description of the figure: what is drawn, and what is not."""

import copy
import math

import pytest

from kleiber.metric import Metric
from kleiber.report.comparing import draw_comparison
from kleiber.report.content import cut
from kleiber.report.learning import draw_curve


def roles(panel):
    return {mark.role for mark in panel.marks} | {line.role for line in panel.lines} | {b.role for b in panel.bands}


def test_both_panels_show_the_same_things(findings):
    log, plain = draw_curve(findings["curves"][0]).panels
    everything = {"measured", "value", "backtest", "asked", "median", "chance", "target", "band50", "band90"}
    assert everything | {"horizon", "guess", "guess50", "guess90"} == roles(log)
    assert everything == roles(plain)
    assert log.x.log and log.y.log and not plain.x.log and not plain.y.log


def test_beyond_the_horizon_the_forecast_goes_on_as_a_guess(findings):
    curve = findings["curves"][0]
    horizon = curve["forecast"]["horizon"]
    log = draw_curve(curve).panels[0]
    for item in (*log.bands, *(line for line in log.lines if line.role in ("median", "guess"))):
        guess = item.role.startswith("guess")
        assert (min(item.x) if guess else max(item.x)) == horizon
    drawn = next(mark for mark in log.marks if mark.role == "asked")
    assert drawn.x == (12_800, 25_600, 1_000_000)


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


def test_the_band_ends_exactly_at_the_horizon():
    band = {"n": [100.0, 1000.0], **{name: [2.0, 1.0] for name in ("median", "low50", "high50", "low90", "high90")}}
    n, columns = cut(band, math.sqrt(100 * 1000))
    assert n[-1] == pytest.approx(316.2278)
    assert columns["median"] == pytest.approx((2.0, 1.5))
    assert cut(band, None)[0] == (100.0, 1000.0)
    assert cut(band, 50.0)[0] == ()


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


def test_many_back_tests_show_the_farthest_forecast_of_each_size(findings):
    curve = copy.deepcopy(findings["curves"][0])
    row = curve["backtest"][0]
    curve["backtest"] = [row | {"used_up_to": u, "n": n} for n in (800, 1600, 3200, 6400) for u in (200, 400, 600)]
    marks = next(mark for mark in draw_curve(curve).panels[0].marks if mark.role == "backtest")
    assert marks.x == (800, 1600, 3200, 6400)


def test_the_description_says_the_numbers(findings):
    text = draw_curve(findings["curves"][0]).description
    assert "25,600: 1.368 (rough)" in text and "1,000,000: 1.163 (guess), 90 % interval 0.763 to 1.523" in text


def test_curves_compared_have_a_colour_and_a_label_each(several):
    drawing = draw_comparison(several["curves"], "test cross-entropy")
    for panel in drawing.panels:
        assert [label.text for label in panel.labels] == ["lenet", "resnet", "mlp"]
        assert [mark.colour for mark in panel.marks] == [0, 1, 2]
        assert [line.colour for line in panel.lines if line.role == "median"] == [0, 1]


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


def test_a_target_that_the_curve_falls_through_is_named_below_its_line(findings):
    curve = copy.deepcopy(findings["curves"][0])
    for target, sign in ((1.4, 1), (2.2, -1)):
        curve["forecast"]["target"]["value"] = target
        (label,) = (label for label in draw_curve(curve).panels[1].labels if label.role == "target")
        assert label.dy * sign > 0
