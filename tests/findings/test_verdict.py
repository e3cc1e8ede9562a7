"""The verdict, the badge of trust, and which curve comes first."""

import numpy as np
import pytest

from kleiber import analyse, importers
from kleiber.findings import ranking, trust
from kleiber.findings.editor import CAUSES

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
    assert verdict["question"] == "How many images does val_acc 95 % take?" and verdict["model"] == "best"
    first, second, last = verdict["sentences"]
    assert "best" in first and "val_acc 95 %" in first
    assert second.startswith("second would need about ") and "80 % interval" in second
    assert last.startswith("alone probably never reaches it (probability under 1 %")


def test_two_models_whose_needs_overlap_are_too_close_to_call():
    twins = found(rows(one=(1.0, 15.8, 0.4), other=(1.0, 15.8, 0.4)), target="95%")
    assert "too close to call" in twins["verdict"]["sentences"][1]
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
    assert first.startswith("Buy ") and "more labels" in first and "80 % interval" in saves and "best option" in chance
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
