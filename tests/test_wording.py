"""Numbers, counts and names as a person reads them."""

import pytest

from kleiber.metric import Metric
from kleiber.wording import called, counted, number, of_all, size


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (counted(1, "size"), "1 size"),
        (counted(0, "size"), "0 sizes"),
        (counted(1200, "trial"), "1,200 trials"),
        (counted(2, "study"), "2 studies"),
        (counted(3, "class"), "3 classes"),
        (counted(1, "row", verb="was"), "1 row was"),
        (counted(2, "row", verb="has"), "2 rows have"),
        (counted(2, "row", verb="repeats"), "2 rows repeat"),
        (counted(0.5, "month", number), "0.5 months"),
        (counted(1.0, "month", number), "1 month"),
        (counted(34_712, "more label", size), "34,700 more labels"),
        (of_all(1, 5, "size"), "1 of 5 sizes is"),
        (of_all(2, 5, "loss", "has"), "2 of 5 losses have"),
        (of_all(1, 1, "size"), "1 of 1 size is"),
    ],
)
def test_what_is_counted_goes_with_its_noun_and_verb(said, text):
    assert said == text


@pytest.mark.parametrize(("points", "text"), [(1.0, "1 point"), (2.0, "2 points"), (0.5, "0.5 points")])
def test_one_point_is_a_point(points, text):
    assert Metric("acc", "error", True, 100.0, 1.0, "%").write_amount(points) == text


@pytest.mark.parametrize(
    ("name", "said"),
    [("50", "model 50"), ("1.5", "model 1.5"), ("10-2", "model 10-2"), ("resnet50", "resnet50"), ("-", "-")],
)
def test_a_model_whose_name_is_a_number_is_called_one(name, said):
    assert called(name) == said
