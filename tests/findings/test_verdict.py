"""The verdict, the badge of trust, and which curve comes first."""

import copy
import re

import numpy as np
import pytest

from kleiber import analyse, importers
from kleiber.findings import leading, ranking, trust, verdict
from kleiber.findings.editor import CAUSES
from kleiber.forecasting.grades import of_need

N = (500, 1000, 2000, 4000, 8000)


def rows(**models):
    """Give runs of models by floor, the part above it at 500 examples, and exponent, in points of error."""
    rng = np.random.default_rng(3)
    return [
        {"model": m, "n": n, "seed": seed, "val_acc": 100 - (floor + part * (n / 500) ** -b) * (1 + 0.01 * rng.normal())}
        for m, (floor, part, b) in models.items()
        for n in N
        for seed in range(3)
    ]


def found(source, **asked):
    return analyse(importers.read(source, unit_of_n="images"), **asked).to_dict()


@pytest.fixture(scope="module")
def three():
    return found(rows(alone=(22.0, 22.8, 0.16), best=(1.0, 15.8, 0.6), second=(2.2, 18.0, 0.45)), target="95%")


def test_the_best_model_leads_the_verdict_and_one_that_never_gets_there_ends_it(three):
    verdict = three["verdict"]
    assert verdict["question"] == "Which model reaches val_acc 95 % first, and with how many images?"
    first, where, second, last = verdict["sentences"]
    assert verdict["model"] == "best" and first.startswith("best has reached val_acc 95 % already: ")
    assert where == "best is best from 500 to 64,000 images."
    assert second.startswith("second would need ") and ("90 % interval" in second or "no upper end" in second)
    assert last.startswith("alone probably never reaches it (probability under 1 %")


def test_a_target_that_is_met_with_even_chances_is_not_called_out_of_reach(three):
    curves = copy.deepcopy(three["curves"])
    next(one for one in curves if one["model"] == "alone")["forecast"]["target"]["reached"] = 0.45
    last = verdict.of(curves, [], three["comparisons"])["sentences"][-1]
    assert last.startswith("alone may never reach it (probability 45 % within")


def test_two_models_whose_needs_overlap_are_too_close_to_call():
    twins = found(rows(one=(1.0, 15.8, 0.4), other=(1.0, 15.8, 0.4)), target="95%")
    first, one, other, *_ = twins["verdict"]["sentences"]
    assert first.endswith(" would reach val_acc 95 % first: too close to call.") and " or " in first
    assert all(" would need " in said for said in (one, other))
    ahead = found(rows(one=(1.0, 15.8, 0.4), other=(1.0, 15.8, 0.4)))["verdict"]["sentences"]
    assert "images, o" in ahead[0] and ("too close to call" in ahead[0] or "probability" in ahead[0])


def test_without_a_target_models_are_compared_at_one_size():
    verdict = found(rows(alone=(22.0, 22.8, 0.16), best=(1.0, 15.8, 0.6)))["verdict"]
    assert verdict["question"] == "Which model is best with more images?"
    assert verdict["sentences"][0].startswith("With 16,000 images, best would have val_acc 9")
    assert "and be best with probability over 99 %" in verdict["sentences"][0]
    assert verdict["sentences"][1].startswith("alone would have 6")


def test_a_plan_says_what_to_buy_and_what_it_saves():
    terms = {"months": 6, "cost_per_month": 15_000, "gain": (0.0, 0.3)}
    plan = found(rows(m=(2.2, 15.8, 0.4)), value_per_point=20_000, price_per_example=0.5, terms=terms)
    assert plan["verdict"]["question"].startswith("What to buy")
    first, saves, chance = plan["verdict"]["sentences"]
    assert first.startswith("Buy ") and "more labels" in first and "90 % interval" in saves and "best option" in chance
    assert plan["verdict"]["grade"] in ("firm", "rough")
    nothing = found(rows(m=(2.2, 15.8, 0.4)), value_per_point=1e-6, price_per_example=100.0, terms=terms)["verdict"]
    assert nothing["sentences"][0].startswith("Buy nothing")


def test_of_one_curve_and_of_a_refusal_the_verdict_is_what_is_said_of_it():
    one = found(rows(m=(2.2, 15.8, 0.4)))
    assert one["verdict"]["question"] == "How far does val_acc rise with more images?"
    assert " ".join(one["verdict"]["sentences"]) in one["sentences"]
    few = found([row for row in rows(m=(2.2, 15.8, 0.4)) if row["n"] < 2000])
    assert few["verdict"]["sentences"][0].startswith("No forecast of val_acc.")
    assert few["verdict"]["grade"] is None and few["trust"] == {
        "grade": None,
        "backtest": None,
        "risk": few["trust"]["risk"],
    }


def test_the_badge_counts_the_back_tests_of_the_verdict_s_metric(three):
    checks = [check for curve in three["curves"] for check in curve["backtest"]]
    held = {"inside": sum(check["inside"] for check in checks), "of": len(checks)}
    assert three["trust"]["backtest"] == held and held["of"] == 9


def warned(code, model=None):
    return {"code": code, "message": "", "model": model, "metric": None}


@pytest.mark.parametrize(
    ("warnings", "trials", "grade", "expected"),
    [
        ([warned("few-trials"), warned("cut-off")], 4, "firm", ("few-trials", trust.RISKS["few-trials"])),
        ([warned("outlier", "another")], 4, "firm", (None, "only 4 search trials")),
        ([warned("import"), warned("extrapolation")], 40, "firm", None),
        ([], 40, "guess", (None, "the forecast reaches far beyond the runs")),
        ([], 1, "firm", (None, "no search of the settings")),
    ],
)
def test_the_main_risk_is_the_gravest_warning_else_what_there_is_little_of(warnings, trials, grade, expected, three):
    verdict = three["verdict"] | {"grade": grade}
    risk = trust.of(three["curves"], verdict, warnings, {"search": {"trials_per_size": trials}})["risk"]
    assert (risk and (risk["code"], risk["text"])) == expected


def test_each_warning_that_threatens_has_its_few_words():
    repeats = {"floor-not-identified", "extrapolation", "read-as", "import", "rows"}
    assert set(trust.RISKS) == set(CAUSES) - repeats


def test_a_training_score_and_a_refused_metric_never_lead(three):
    curve = three["curves"][0]
    refused = curve | {"metric": "test_f1", "forecast": curve["forecast"] | {"status": "refused", "target": None}}
    trained = curve | {"metric": "train_acc", "forecast": curve["forecast"] | {"target": None}}
    loss = trained | {"metric": "loss", "scale": curve["scale"] | {"unit": ""}}
    order = [group[0]["metric"] for group in ranking.groups([refused, trained, loss])]
    assert order == ["loss", "test_f1", "train_acc"]
    assert ranking.groups([]) == []


def test_a_needed_size_is_firm_only_where_its_own_interval_is_narrow(three):
    graded = {curve["model"]: curve["forecast"]["target"] for curve in three["curves"]}
    for target in graded.values():
        n = {row["probability"]: row["n"] for row in target["needed"]}
        narrow = None not in n.values() and n[0.95] <= 3 * n[0.05]
        assert target["grade"] != "firm" or narrow
    assert [of_need(1000, high, "firm") for high in (2900, 3100, np.inf)] == ["firm", "rough", "rough"]
    assert of_need(1000, 1100, "guess") == "guess"


def test_who_is_best_where_is_told_from_the_smallest_sizes_on():
    crossed = found(rows(simple=(14, 8, 0.2), deep=(2, 50, 0.7)))
    (small, large) = leading.leads(crossed["curves"])
    assert (
        (small.model, large.model) == ("simple", "deep") and small.first == 500 and 1000 < small.last < large.first < 4000
    )
    where = leading.where(crossed["curves"], always=False)
    assert (
        where.startswith("simple is best up to ") and ", deep from " in where and where in crossed["verdict"]["sentences"]
    )
    apart = found(rows(low=(10, 20, 0.3), high=(2, 12, 0.3)))["curves"]
    assert leading.where(apart, always=False) == "" and leading.where(apart, always=True).startswith(
        "high is best from 500 to "
    )
    assert leading.where(apart[:1], always=True) == ""


def test_a_model_whose_name_is_a_number_is_called_a_model():
    numbers = found(rows(**{"50": (1.5, 25, 0.4), "101": (12, 34, 0.55)}), target="93%")
    said = [*numbers["verdict"]["sentences"], *numbers["sentences"]]
    assert numbers["verdict"]["model"] == "50" and said[0].startswith("model 50 would reach ")
    assert not [
        text for text in said if re.search(r"(?<!model )\b(?:50|101)(?: (?:is|would|needs|takes|has|reaches)|:)", text)
    ]
