"""Axes and their ticks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kleiber.report.axes import metric_axis, size_axis
from kleiber.report.drawing import spread


def labels(axis):
    return [tick.label for tick in axis.ticks if tick.label]


def test_sizes_have_ticks_at_1_2_5_where_there_is_room():
    axis = size_axis("n", 90, 11_000, log=True, room=700)
    assert labels(axis) == ["100", "200", "500", "1,000", "2,000", "5,000", "10,000"]


def test_labels_are_thinned_by_whole_classes():
    axis = size_axis("n", 90, 1.1e9, log=True, room=340)
    values = [tick.value for tick in axis.ticks if tick.label]
    steps = {round(b / a, 6) for a, b in pairwise(values)}
    assert len(values) >= 2 and len(steps) == 1


def test_a_short_logarithmic_axis_takes_round_values():
    assert labels(metric_axis("loss", 1.15, 2.35, log=True, room=250)) == ["1.2", "1.4", "1.6", "1.8", "2.0", "2.2"]


def test_losses_over_decades_have_each_their_own_places():
    assert {"0.01", "0.1", "1"} <= set(labels(metric_axis("loss", 0.009, 1.3, log=True, room=250)))


def test_a_plain_axis_starts_at_nothing():
    assert labels(size_axis("n", 0, 27_000, log=False, room=344))[:2] == ["0", "5,000"]


def test_what_a_logarithm_cannot_show_lies_below_the_axis():
    assert metric_axis("loss", 0.1, 1, log=True, room=250).fraction(0.0) == -1.0


@given(
    low=st.floats(1e-6, 1e6),
    ratio=st.floats(1.001, 1e8),
    log=st.booleans(),
    room=st.floats(150, 900),
)
def test_any_axis_has_ticks_inside_it_and_reads_both_ways(low, ratio, log, room):
    axis = metric_axis("loss", low, low * ratio, log=log, room=room)
    assert len(labels(axis)) >= 1
    assert all(-1e-3 <= axis.fraction(tick.value) <= 1 + 1e-3 for tick in axis.ticks)
    assert axis.fraction(axis.at(0.3)) == pytest.approx(0.3)


@given(places=st.lists(st.floats(0, 1), max_size=8), gap=st.floats(0.01, 0.2))
def test_labels_move_apart_and_keep_their_order(places, gap):
    moved = spread(places, gap)
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    ranked = [moved[i] for i in order]
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(ranked))
    assert sum(moved) == pytest.approx(sum(places))


def test_labels_that_are_apart_stay():
    assert spread([0.9, 0.1, 0.5], 0.1) == pytest.approx([0.9, 0.1, 0.5])


def test_an_axis_says_in_words_what_it_is_a_logarithm_of():
    assert metric_axis("error", 0.1, 0.5, log=False, room=200).scale == ""
    assert metric_axis("error", 0.1, 0.5, log=True, room=200).scale == "log scale"
    assert metric_axis("acc, %", 80, 95, log=True, room=200, best=100.0).scale == "log scale of what lacks to 100 %"
    assert metric_axis("acc", 0.8, 0.95, log=True, room=200, best=1.0).scale == "log scale of what lacks to 1"
