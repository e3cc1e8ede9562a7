"""Training beside test, and class beside class: which metrics belong together, and their figure."""

import copy

import pytest

from kleiber.report.parts import beside, class_of, part_of
from kleiber.report.sections import beside as section


@pytest.mark.parametrize(
    ("metric", "part", "rest"),
    [("train_acc", "training", "acc"), ("val/loss", "validation", "loss"), ("Test-F1", "test", "F1"),
     ("training loss", "training", "loss"), ("testing", "", "testing"), ("trained", "", "trained"), ("loss", "", "loss")],
)  # fmt: skip
def test_the_part_of_the_data_is_in_the_name(metric, part, rest):
    assert part_of(metric) == (part, rest)


def test_a_class_is_in_the_name_and_a_mean_over_classes_is_none():
    assert class_of("recall_cat") == ("recall", "cat") and class_of("f1/class_3") == ("f1", "3")
    assert class_of("error_rate") is None and class_of("f1_macro") is None and class_of("top5_error") is None


def named(findings, *metrics):
    found = []
    for metric in metrics:
        curve = copy.deepcopy(findings["curves"][0])
        found.append(curve | {"metric": metric, "scale": curve["scale"] | {"name": metric}})
    return found


def test_parts_and_classes_of_one_score_are_grouped_and_others_are_not(findings):
    curves = named(findings, "test_acc", "train_acc", "loss", "test_recall_cat", "test_recall_dog", "train_f1")
    groups = [(one.kind, one.what, [curve["model"] for curve in one.curves]) for one in beside(curves)]
    assert groups == [("parts", "acc", ["test", "training"]), ("classes", "test recall", ["cat", "dog"])]
    curves[1]["model"] = "another"
    assert [one.kind for one in beside(curves)] == ["classes"]
    curves = named(findings, "test_acc", "train_acc")
    curves[1]["scale"]["higher_is_better"] = True
    assert beside(curves) == []


def test_the_section_has_a_figure_and_a_table_for_each_group(findings):
    curves = named(findings, "test_acc", "train_acc", "recall_<i>cat</i>", "recall_dog")
    html = str(section.render({**findings, "curves": curves}))
    assert html.count('<figure class="chart"') == html.count("<table>") == 2
    assert "<i>cat" not in html and "&lt;i&gt;cat" in html and "target" not in html
    assert str(section.render(findings)) == ""
