"""A metric as its user knows it: values and losses, ends, and how many digits are written."""

import numpy as np
import pytest

from kleiber.metric import Metric

LOSS = Metric.of_loss("loss")
ACCURACY = Metric("val_acc", "val_error", True, 100.0, 100.0, "%")
AUC = Metric("auc", "1 - auc", True, 1.0, 1.0)
BLEU = Metric("bleu", "1 - bleu", True, 100.0, 100.0)
NEGATED = Metric("neg_log_loss", "log_loss", True, 0.0, 1.0)
ERROR = Metric("error", "error", in_percent=True)
PERCENT = Metric("error", "error", per_loss=100.0, unit="%")
ALL = (LOSS, ACCURACY, AUC, BLEU, NEGATED, ERROR, PERCENT)


@pytest.mark.parametrize(
    ("metric", "loss", "value"),
    [(LOSS, 1.7, 1.7), (ACCURACY, 0.152, 84.8), (AUC, 0.1, 0.9), (BLEU, 0.684, 31.6), (NEGATED, 0.381, -0.381),
     (ERROR, 0.034, 0.034), (PERCENT, 0.034, 3.4)],
)  # fmt: skip
def test_a_value_is_that_of_its_loss_and_back(metric, loss, value) -> None:
    assert metric.value(loss) == pytest.approx(value) and metric.loss_of(value) == pytest.approx(loss)


@pytest.mark.parametrize("metric", ALL, ids=lambda one: f"{one.name} {one.unit}")
def test_there_and_back_is_the_same_in_arrays_and_the_lower_loss_is_the_better_value(metric) -> None:
    losses = np.array([0.01, 0.2, 0.9])
    values = metric.value(losses)
    assert metric.loss_of(values) == pytest.approx(losses)
    assert (np.diff(values) < 0).all() == metric.higher_is_better
    assert Metric.from_dict(metric.to_dict()) == metric


@pytest.mark.parametrize("metric", ALL, ids=lambda one: f"{one.name} {one.unit}")
def test_the_lower_end_comes_first_whichever_is_better(metric) -> None:
    low, high = metric.ends(0.1, 0.3)
    assert low < high and sorted([metric.loss_of(low), metric.loss_of(high)]) == pytest.approx([0.1, 0.3])


def test_ends_are_swapped_where_higher_is_better() -> None:
    assert ACCURACY.ends(0.1, 0.3) == pytest.approx((70.0, 90.0)) and LOSS.ends(0.1, 0.3) == (0.1, 0.3)


@pytest.mark.parametrize(
    ("metric", "interval", "text", "between"),
    [
        (ACCURACY, (0.141, 0.163), "84.8 %", "83.7 to 85.9 %"),  # 2.2 points wide: two digits of that
        (ACCURACY, (0.151, 0.1532), "84.80 %", "84.68 to 84.90 %"),
        (ACCURACY, (0.05, 0.27), "85 %", "73 to 95 %"),
        (BLEU, (0.141, 0.163), "84.8", "83.7 to 85.9"),
        (AUC, (0.141, 0.163), "0.848", "0.837 to 0.859"),
        (NEGATED, (0.141, 0.163), "-0.152", "-0.163 to -0.141"),
        (ERROR, (0.141, 0.163), "15.2 %", "14.1 to 16.3 %"),
        (PERCENT, (0.141, 0.163), "15.2 %", "14.1 to 16.3 %"),
        (LOSS, (0.141, 0.163), "0.152", "0.141 to 0.163"),
    ],
)
def test_a_value_has_two_digits_of_the_width_of_its_interval(metric, interval, text, between) -> None:
    assert metric.write(0.152, *interval) == text and metric.write_interval(*interval) == between


@pytest.mark.parametrize(
    ("metric", "loss", "text"),
    [(ACCURACY, 0.152, "84.8 %"), (ACCURACY, 0.00152, "99.848 %"), (LOSS, 1.7, "1.70"), (LOSS, 12345.6, "12,346"),
     (LOSS, 0.0, "0.000"), (ERROR, 0.0345, "3.45 %"), (NEGATED, 0.0, "0.000")],
)  # fmt: skip
def test_without_an_interval_it_has_three_digits_of_the_loss(metric, loss, text) -> None:
    assert metric.write(loss) == text


def test_an_amount_has_two_digits_the_unit_and_no_sign() -> None:
    assert ACCURACY.write_amount(-0.0234) == "2.3 points" == ERROR.write_amount(0.0234)
    assert BLEU.write_amount(0.0088) == "0.88" and LOSS.write_amount(-0.0123) == "0.012"


def test_what_somebody_gave_is_written_as_it_was_given() -> None:
    assert ACCURACY.write_given(0.08) == "92 %" and ERROR.write_given(0.06) == "6 %" and LOSS.write_given(1e-6) == "1e-06"
    assert ACCURACY.write_given(ACCURACY.loss_of(92.35)) == "92.35 %"


def test_a_gain_is_in_points_of_a_percentage_and_in_the_unit_of_others() -> None:
    assert ACCURACY.write_gain(0.175, 0.152, 0.141, 0.163) == "2.3 points more"
    assert ERROR.write_gain(0.175, 0.152, 0.141, 0.163) == "2.3 points less"
    assert LOSS.write_gain(0.175, 0.152, 0.141, 0.163) == "0.023 less"
    assert BLEU.write_gain(0.175, 0.152, 0.141, 0.163) == "2.3 more"
    assert ACCURACY.write_gain(0.152, 0.175, 0.141, 0.163) == "2.3 points less"  # worse than before


def test_a_lead_is_higher_of_a_score_and_lower_of_a_loss() -> None:
    assert ACCURACY.write_lead(0.023, 0.011, 0.034) == "2.3 points higher (90 % interval 1.1 to 3.4)"
    assert LOSS.write_lead(0.023, -0.011, 0.034) == "0.023 lower (90 % interval -0.011 to 0.034)"


def test_fractions_that_are_written_in_percent_stay_fractions() -> None:
    assert ERROR.value(0.034) == 0.034 and ERROR.write(0.034, 0.021, 0.047) == "3.4 %"
    shown = ERROR.shown
    assert (shown.per_loss, shown.unit, shown.in_percent) == (100.0, "%", False) and shown.shown == shown
    accuracy = Metric("accuracy", "error", True, 1.0, 1.0, in_percent=True)
    assert accuracy.value(0.08) == 0.92 and accuracy.write(0.08) == "92.00 %" and accuracy.shown.best == 100.0


def test_nothing_is_written_as_minus_nothing() -> None:
    assert LOSS.write(-1e-9, -0.1, 0.1) == "0.00" and NEGATED.write(1e-9, 0.0, 0.1) == "0.00"
