"""The decision, needed data, training and the search on the page: what they show, and that they stay small and quick."""

import copy
import time

import numpy as np
import pytest

from kleiber import analyse, write_report
from kleiber.curves.curve import make_curve
from kleiber.report.costs import draw_costs
from kleiber.report.epochs import draw_epochs
from kleiber.report.needing import draw_needed
from kleiber.report.page import page as written
from kleiber.report.searching import draw_best_of, draw_history, draw_param, searched_params, thinning
from kleiber.report.sections import decision, needed, training, trials
from kleiber.wording import number

N = np.repeat(200.0 * 2.0 ** np.arange(6), 2)
TERMS = {"months": 6, "cost_per_month": 15_000, "gain": (0.0, 0.3)}


def curve(model="lenet", floor=0.05, exponent=0.45, seed=0, n=N):
    noise = 1 + 0.01 * np.random.default_rng(seed).normal(size=len(n))
    return make_curve(n, (floor + 0.5 * (n / 200) ** -exponent) * noise, model=model, metric="error")


def asked(curves, **terms):
    terms = TERMS | terms
    return analyse(curves, target=0.12, value_per_point=20_000, price_per_example=0.5, terms=terms).to_dict()


@pytest.fixture(scope="module")
def found():
    return asked(curve())


def run(n, losses, purpose="score", number=0):
    epochs = list(range(1, len(losses) + 1))
    state = {"purpose": purpose, "n": n, "replicate": 1, "number": number, "state": "ok"}
    return state | {"epoch": epochs, "validation": losses}


def searched(n, losses, step=1, trials=None):
    """Give one size of a study's search as the findings have it."""
    told = [loss for loss in losses if loss is not None]
    numbers = [k * step for k in range(len(losses))]
    best = numbers[losses.index(min(told))]
    params = {"lr": [10.0 ** -(k % 7) for k in range(len(losses))], "batch": [(16, 64)[k % 2] for k in range(len(losses))]}
    params |= {"net": [("mlp", "lenet")[k % 2] for k in range(len(losses))], "momentum": [0.9] * len(losses)}
    falls = {"fell_at": [0, best], "fell_to": [losses[0], min(told)]}
    counts = {"trials": trials or len(losses), "diverged": len(losses) - len(told), "every": step, "best": best}
    return {"n": n, **counts, "number": numbers, "loss": losses, "params": params, **falls}


def test_the_cost_chart_has_the_numbers_of_the_advice(found):
    (advice,) = found["advice"]
    drawing = draw_costs(advice)
    labels, both = advice["costs"]
    nothing, *lines = drawing.panels[0].lines
    assert nothing.y == (0.0, 0.0) and [line.x for line in lines] == [tuple(labels["n"]), tuple(both["n"])]
    assert lines[0].y == tuple(labels["saving"]) and drawing.panels[0].bands[1].low == tuple(both["saving_low"])
    assert drawing.panels[0].y.label == "saved over doing nothing, thousands"
    assert {tick.label for tick in drawing.panels[0].y.ticks} > {"0", "50"}
    best = next(one for one in advice["options"] if one["name"] == "labels")
    (span,) = drawing.panels[0].spans
    assert (span.x, span.low, span.high) == ((best["n"],), (best["n_low"],), (best["n_high"],))
    assert best["n_low"] <= best["n"] <= best["n_high"]
    assert min(labels["mean"]) == pytest.approx(best["cost"], rel=0.01)
    assert max(labels["saving"]) == pytest.approx(best["saving"], rel=0.01)
    for low, mean, high in (("low", "mean", "high"), ("saving_low", "saving", "saving_high")):
        assert all(a <= b <= c for a, b, c in zip(labels[low], labels[mean], labels[high], strict=True))
    first = labels["mean"][0]
    assert labels["saving"] == pytest.approx([first - mean for mean in labels["mean"]], abs=1e-4 * first)
    assert len(drawing.data.rows) == 2 * len(labels["n"])


def test_the_three_numbers_are_those_of_the_advice(found):
    (advice,) = found["advice"]
    best = next(one for one in advice["options"] if one["name"] == advice["choice"])
    html = str(decision.render(found)).replace("\u00a0", " ")
    for text in ("How many", "How much", "How sure", f"{best['grade']}.", "90 % interval", "Back-test: "):
        assert text in html
    assert f"{number(best['n'] - 6400)} labels" in html and f"{number(best['spend'])}</p>" in html


def test_nothing_is_bought_on_a_guess():
    flat = 0.5 * (1 + 0.02 * np.random.default_rng(0).normal(size=12))
    html = str(decision.render(asked(make_curve(N, flat, model="flat", metric="error"))))
    assert html.count("can't say") == 2 or html.count("can&#39;t say") == 2
    assert "<svg" not in html


def test_a_refusal_is_said_in_words():
    html = str(decision.render(asked(curve(n=N[:4]))))
    assert "No advice" in html and "How many" not in html
    owned = str(decision.render(asked(curve(), owned=1e7)))
    assert "No advice" in owned and "Measure a size near what you own" in owned


def test_a_score_has_its_decision_too():
    rows = {"n": N.tolist(), "val_acc": (100 - 100 * curve().loss).tolist()}
    terms = {"value_per_point": 20_000, "price_per_example": 0.5}
    assert "How many" in str(decision.render(analyse(rows, **terms).to_dict()))


def test_several_models_have_one_chart_and_a_row_each():
    html = str(decision.render(asked([curve(), curve("<b>new</b>", 0.02, 0.5, 1), curve("few", n=N[:4])])))
    assert html.count('<figure class="chart"') == 1 and html.count("<tbody>") == 2
    assert "<b>new</b>" not in html and "&lt;b&gt;new" in html and "refused" in html


def test_the_needed_chart_has_the_findings_sizes_and_the_target_asked_for(found):
    forecast = found["curves"][0]["forecast"]
    drawing = draw_needed(found["curves"])
    told = sorted(zip(forecast["needed"]["value"], forecast["needed"]["n50"], strict=True))
    assert sorted((row[2], row[3]) for row in drawing.data.rows) == told
    (mark,) = drawing.panels[0].marks
    n = {row["probability"]: row["n"] for row in forecast["target"]["needed"]}
    assert (mark.x, mark.y, mark.low, mark.high) == ((0.12,), (n[0.5],), (n[0.05],), (n[0.95],))
    grades = [line.grade for line in drawing.panels[0].lines if line.role == "ahead"]
    assert set(grades) == set(forecast["needed"]["grade"]) and len(grades) == len(set(grades))
    assert "Needed data" in str(needed.render(found))


def test_of_many_models_the_best_eight_are_drawn():
    curves = analyse([curve(f"m{i}", 0.02 + 0.01 * i, 0.4, i) for i in range(10)]).to_dict()["curves"]
    drawing = draw_needed(curves)
    assert drawing.notes == ("The best 8 of 10 models are drawn.",) and len({row[0] for row in drawing.data.rows}) == 8


def test_a_flat_curve_has_no_needed_data(found):
    changed = copy.deepcopy(found["curves"])
    changed[0]["forecast"]["needed"] = None
    assert draw_needed(changed) is None and str(needed.render({**found, "curves": changed})) == ""


def test_epochs_are_drawn_as_they_were_and_a_lost_one_breaks_the_line():
    drawing = draw_epochs([run(100, [0.9, None, 0.6, 0.5]), run(200, [0.8, 0.4])], "loss")
    assert [line.x for line in drawing.panels[0].lines] == [(3, 4), (1, 2)]
    assert [row[2:] for row in drawing.data.rows] == [(1, 0.9), (3, 0.6), (4, 0.5), (1, 0.8), (2, 0.4)]
    assert [key.text for key in drawing.keys] == ["n = 100", "n = 200"]
    assert draw_epochs([run(100, [0.9])], "loss") is None and draw_epochs([], "loss") is None


def test_a_training_loss_stands_beside_the_validation_loss():
    both = run(100, [0.9, 0.7]) | {"training": [0.8, 0.5]}
    drawing = draw_epochs([both], "loss")
    assert [(line.role, line.y) for line in drawing.panels[0].lines] == [("run", (0.9, 0.7)), ("ahead", (0.8, 0.5))]
    assert drawing.keys[-1].text == "training loss"
    assert "The lowest on the validation set is 0.7, of n = 100, " in drawing.description
    assert draw_epochs([run(100, [None, None]) | {"training": [0.8, 0.5]}], "loss") is None


def test_each_trial_stands_at_its_own_value_and_loss():
    tried = [searched(100, [0.9, 0.8, None, 0.7]), searched(200, [0.6, 0.5, 0.4, 0.45])]
    assert searched_params(tried) == ["lr", "batch", "net"]
    history = draw_history(tried, "loss")
    assert [row[2:] for row in history.data.rows[:3]] == [(1, 0.9), (2, 0.8), (4, 0.7)]
    assert history.panels[0].lines[0].y == (0.9, 0.9, 0.7, 0.7)
    lr = draw_param(tried, "lr", "loss")
    assert [tick.label for tick in lr.panels[0].x.ticks] == ["0.001", "0.01", "0.1", "1"]  # few values are choices
    words = draw_param(tried, "net", "loss")
    assert [tick.label for tick in words.panels[0].x.ticks] == ["lenet", "mlp"]
    assert words.data.rows[0] == ("n = 100", "trial", 1, 1.0, 0.9)
    assert words.data.rows[2][1:3] == ("the best trial", 4)
    assert draw_param(tried, "depth", "loss") is None
    wide = draw_param([searched(100, [0.5 + 0.01 * k for k in range(40)])], "lr", "loss")
    assert wide.panels[0].x.log and {row[3] for row in wide.data.rows} == {10.0**-k for k in range(7)}


def test_the_rule_by_which_marks_are_left_out_is_stated():
    tried = [searched(100, [0.9, 0.8, None, 0.7], step=25, trials=100)]
    assert thinning(tried) == (
        "Of 100 trials 4 are drawn: one in 25 by number, whatever its loss, and each size's best. 1 diverged trial has no "
        "loss to draw."
    )
    assert thinning([searched(100, [0.9, 0.8])]) == ""


def test_best_of_k_has_its_band():
    known = {"k": [1, 2, 4], "expected": [None, 0.6, 0.5], "low": [None, 0.5, 0.4], "high": [None, 0.7, 0.6]}
    sizes = [{"n": 100.0, "best_of": known}, {"n": 200.0, "best_of": None}]
    drawing = draw_best_of(sizes, "loss")
    assert drawing.panels[0].lines[0].y == (0.6, 0.5) and drawing.panels[0].bands[0].high == (0.7, 0.6)
    assert draw_best_of(sizes[1:], "loss") is None


def test_a_table_of_runs_has_neither_training_nor_search(found):
    assert str(training.render(found)) == str(trials.render(found)) == ""


@pytest.fixture(scope="module")
def large():
    """Twenty models, and a study with 10,000 trials of ten sizes, thinned as the importer thins it."""
    rng = np.random.default_rng(0)
    curves = [curve(f"model-{i}", 0.02 + 0.005 * i, 0.3 + 0.01 * i, i) for i in range(20)]
    money = {"value_per_point": 20_000, "price_per_example": 0.5, "terms": TERMS}
    found = analyse(curves, target=0.12, **money, what_if=True).to_dict()
    sizes = [100 * 2**k for k in range(10)]
    tried = [searched(n, [float(x) for x in rng.weibull(1.5, size=15) + 0.2], step=67, trials=1000) for n in sizes]
    runs = [run(n, [float(f"{x:.6g}") for x in rng.weibull(2, size=25)]) for n in sizes]
    runs += [run(sizes[-1], [float(f"{x:.6g}") for x in rng.weibull(2, size=25)], "search", k) for k in range(12)]
    k = {"k": list(range(1, 14)), "expected": [0.5] * 13, "low": [0.4] * 13, "high": [0.6] * 13, "probability": 0.9}
    alike = {"lowest": 0.2, "expected": 0.3, "low": 0.2, "high": 0.4, "more": None, "best_of": k, "trials": 1000}
    search = {"metric": "loss", "stages": [], "k": 1000, "probability": 0.9, "cautions": []}
    found["search"] = search | {"sizes": [{"n": float(n), **alike} for n in sizes]}
    found["study"] = {"name": "large", "model": "m", "tried": tried, "epochs": runs, "metric": "loss", "winners": []}
    losses = [float(f"{x:.16g}") for x in rng.weibull(2, size=1000)]
    found["study"]["searches"] = [
        {"n": n, "metric": "loss", "losses": losses, "until": None, "alike": losses} for n in sizes
    ]
    return found


def test_a_study_of_two_metrics_with_a_search_is_150_kilobytes(large, tmp_path):
    """As a ledger gives it: six sizes of 20 trials with four settings, ten runs of 15 epochs, and no decision asked."""
    rng = np.random.default_rng(1)
    loss = 3.0 * (N / 200) ** -0.3 * (1 + 0.01 * rng.normal(size=len(N)))
    runs = [curve("lenet"), make_curve(N, loss, model="lenet", metric="loss")]
    found = analyse(runs).to_dict()
    sizes = np.unique(N).tolist()
    tried = [searched(n, [float(f"{x:.6g}") for x in rng.weibull(1.5, size=20) + 0.2]) for n in sizes]
    epochs = [run(n, [float(f"{x:.6g}") for x in rng.weibull(2, size=15)]) for n in sizes]
    epochs += [run(sizes[-1], [float(f"{x:.6g}") for x in rng.weibull(2, size=15)], "search", k) for k in range(8)]
    study = {**large["study"], "tried": tried, "epochs": epochs, "searches": large["study"]["searches"][:6]}
    entries = [{**one, "n": n} for one, n in zip(large["search"]["sizes"], sizes, strict=False)]
    path = write_report({**found, "study": study, "search": large["search"] | {"sizes": entries}}, tmp_path / "study.html")
    text = path.read_text("utf-8")
    assert all(f'id="s-{name}"' in text for name in ("search", "trials", "training"))
    assert len(text.encode()) < 150_000


def test_twenty_models_ten_thousand_trials_and_a_decision_are_a_megabyte_in_five_seconds(large, tmp_path):
    started = time.process_time()
    path = write_report(large, tmp_path / "large.html")
    assert time.process_time() - started < 5
    assert path.stat().st_size <= 1_000_000


def test_the_charts_answer_in_a_browser(large, opened):
    page = opened(large)
    for fold in ("s-needed", "s-training", "s-trials"):
        page.locator(f"#{fold} > summary").click()
        figure = page.locator(f"#{fold} figure.chart").first
        assert figure.locator(".tools button").count() == 2
        panel = figure.locator("svg.panel")
        panel.focus()
        page.keyboard.press("ArrowRight")
        assert figure.locator(".tip").is_visible()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.said == []


def test_hostile_names_of_parameters_and_metrics_are_text(found):
    evil = "</script><img src=x onerror=alert(1)>"
    tried = [searched(100, [0.9, 0.8])]
    tried[0]["params"][evil] = [evil, "b"]
    study = {"tried": tried, "epochs": [run(100, [0.9, 0.8])], "metric": evil, "name": evil}
    html = written({**found, "study": study, "search": None})
    assert "<img" not in html and "&lt;img" in html
