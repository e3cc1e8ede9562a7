"""Findings have the effect of each searched hyper-parameter, or the reason why not, and the page shows it."""

import copy

import numpy as np
import pytest

from kleiber.findings.settings import of_study
from kleiber.report.sections import settings

SPACE = {"lr": {"low": 1e-4, "high": 1e-1, "log": True}, "width": {"low": 8, "high": 64}, "third": [1 / 3, 2 / 3]}


def study(said, trials=16, noise=0.02, **search):
    """Give a study as a ledger's table has it: values to six digits, one diverged trial a size."""
    chance = np.random.default_rng(0)
    tried = []
    for n in (200, 400, 800, 1600):
        params = {
            "lr": [float(f"{1e-4 * 1e3**u:.6g}") for u in chance.random(trials)],
            "width": chance.integers(8, 65, trials).tolist(),
            "third": [float(f"{x:.6g}") for x in chance.choice([1 / 3, 2 / 3], trials)],
            "batch_size": ["n/800"] * trials,
        }
        loss = [
            float(np.exp(said(n, lr, width) + noise * chance.normal()))
            for lr, width in zip(params["lr"], params["width"], strict=True)
        ]
        tried.append({"n": n, "params": params, "loss": [None, *loss[1:]]})
    return {
        "metric": "loss",
        "search": {"stages": [], **search},
        "tried": tried,
        "description": {"search": {"space": SPACE}},
    }


def level(n, lr, width):
    return -0.3 * np.log(n / 200) + 0.05 * (np.log(lr) + 4.6) ** 2 - 0.004 * width


def test_each_hyper_parameter_is_moved_from_the_best_and_the_interval_holds_the_truth():
    found = of_study(study(level))
    assert found["status"] == "ok" and found["at"] == 3200 and found["trials"] == 60
    ways = {(one["name"], one["way"]) for one in found["effects"]}
    assert ("lr", "lower") in ways and ("third", "other") in ways
    best = {one["name"]: one["from"] for one in found["effects"]}
    assert best["third"] in (1 / 3, 2 / 3)  # as it was searched, not as the page rounds it
    held = []
    for one in found["effects"]:
        moved = {name: best[name] for name in ("lr", "width")} | {one["name"]: one["to"]}
        truth = np.expm1(level(3200, moved["lr"], moved["width"]) - level(3200, best["lr"], best["width"]))
        held.append(one["change"]["low"] <= truth <= one["change"]["high"])
        entry = SPACE[one["name"]]
        assert one["to"] in entry if isinstance(entry, list) else entry["low"] <= one["to"] <= entry["high"]
    assert np.mean(held) >= 0.8


def test_noise_is_refused_with_its_reason_and_the_page_says_it():
    found = of_study(study(lambda n, lr, width: -0.3 * np.log(n / 200), noise=0.3))
    assert found["status"] == "refused" and "can't be forecast" in found["reason"]
    assert "can&#39;t be forecast" in settings.render({"settings": found}) or "can't" in settings.render(
        {"settings": found}
    )


@pytest.mark.parametrize("without", ["nothing searched", "stages", "no study"])
def test_where_nothing_was_searched_to_its_end_there_is_nothing(without):
    given = study(level, **({"stages": [1, 4]} if without == "stages" else {}))
    if without == "nothing searched":
        given["description"]["search"]["space"] = {}
    assert of_study(None if without == "no study" else given) is None
    assert settings.render({"settings": None}) == "" == settings.render({})


def test_the_section_has_every_effect_with_its_interval_and_short_sentences():
    found = of_study(study(level))
    body = settings.render({"settings": found})
    assert body.count("<tr>") == len(found["effects"]) + 1 and 'id="settings"' in body
    assert "At n = 3,200, moving " in body and "A back-test at n = 1,600 explained" in body
    evil = copy.deepcopy(found)
    for one in evil["effects"]:
        one["name"] = f"<b>{one['name']}</b>"
    assert "<b>lr" not in settings.render({"settings": evil})
