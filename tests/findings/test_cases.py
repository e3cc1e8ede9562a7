"""Scores as people bring them: forecasts in their own unit, against fits of the part that is missing to a perfect score."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import least_squares

import kleiber
from kleiber.errors import KleiberError
from kleiber.importers import read

BLEU = {
    5000: 18.43, 10_000: 21.19, 20_000: 23.68, 40_000: 25.64, 80_000: 27.13, 160_000: 28.52, 320_000: 29.45,
    640_000: 30.4, 1_280_000: 31.03,
}  # fmt: skip
NEG_LOG_LOSS = {
    250: (-0.7453, -0.7241, -0.7499), 500: (-0.6206, -0.636, -0.6281), 1000: (-0.5673, -0.5524, -0.527),
    2000: (-0.4825, -0.4928, -0.4731), 4000: (-0.4389, -0.4501, -0.4526), 8000: (-0.4002, -0.3996, -0.4089),
}  # fmt: skip
PERCENT = {250: 72.1, 500: 78.9, 1000: 83.8, 2000: 87.3, 4000: 89.9, 8000: 91.7}


def bleu():
    return [{"n": n, "metric": "bleu", "loss": value} for n, value in BLEU.items()]


def log_loss(name="test_neg_log_loss"):
    return [{"n": n, "fold": i, name: v} for n, values in NEG_LOG_LOSS.items() for i, v in enumerate(values)]


def fitted(n, loss):
    """Give c + a n^-b by least squares, an independent path to what a curve will be."""
    n, loss = np.asarray(n, dtype=float), np.asarray(loss, dtype=float)
    start = [0.5 * loss.min(), loss.max(), 0.3]
    found = least_squares(lambda p: p[0] + p[1] * (n / n.min()) ** -p[2] - loss, start, bounds=(0, np.inf)).x
    return lambda m: found[0] + found[1] * (np.asarray(m, dtype=float) / n.min()) ** -found[2]


def curve_of(found):
    return found.to_dict()["curves"][0]


def command(*arguments, folder):
    line = [sys.executable, "-m", "kleiber", *map(str, arguments)]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def translated():
    return kleiber.analyse(bleu(), at=[2.56e6, 10.24e6], target=32)


def test_bleu_rises_to_the_values_of_the_fit(translated) -> None:
    curve, fit = curve_of(translated), fitted(list(BLEU), [100 - value for value in BLEU.values()])
    assert [round(float(100 - fit(n)), 1) for n in (2.56e6, 10.24e6)] == [31.6, 32.5]
    for entry, truth in zip(curve["forecast"]["at"], (31.6, 32.5), strict=True):
        assert entry["low"] <= truth <= entry["high"] and entry["median"] == pytest.approx(truth, abs=0.3)
    assert curve["forecast"]["floor"]["low"] <= 34.1 <= curve["forecast"]["floor"]["high"]  # the fit's ceiling
    needed = {entry["probability"]: entry["n"] for entry in curve["forecast"]["target"]["needed"]}
    assert needed[0.1] <= 4.5e6 <= (needed[0.9] or np.inf) and needed[0.5] == pytest.approx(4.5e6, rel=0.3)


def test_bleu_is_called_so_in_its_own_unit(translated) -> None:
    curve, text = curve_of(translated), " ".join(translated.sentences)
    assert curve["metric"] == "bleu" and curve["points"][-1]["mean"] == pytest.approx(31.03)
    assert translated.sentences[0].startswith("bleu 32 takes about 4,4")  # 4.5e6 by the fit
    assert re.search(
        r"expect bleu 31\.\d+ \(firm; 90 % interval 3[01]\.\d+ to 3\d\.\d+\)\. That is 0\.\d+ more than the 31\.0", text
    )
    assert "It levels off" in text and "bleu_error" not in text and "1 - bleu" not in text
    assert not {"rising"} & {warning["code"] for warning in translated.content["warnings"]}


def test_what_is_bought_for_bleu_pays_in_bleu() -> None:
    fc = kleiber.forecast(read(bleu()))
    few, many = (kleiber.plan(fc, value_per_point=value, price_per_example=0.5) for value in (20_000, 20_000_000))
    assert few.choice == "nothing" and many.choice == "labels"  # 0.5 BLEU more for 640,000 labels: 20,000 do not pay them
    assert any("a point (1 of bleu)" in text for text in few.sentences)


@pytest.mark.parametrize("name", ["auc", "f1", "mAP", "ap", "r2", "mcc", "rougeL", "mean_roc_auc"])
@pytest.mark.parametrize("form", ["long", "mapped"])
def test_other_scores_rise_too_in_any_form_of_table(name, form) -> None:
    values = {n: 0.9 - 4 * n**-0.4 for n in PERCENT}
    if form == "long":
        table = read([{"n": n, "metric": name, "loss": v} for n, v in values.items()])
    else:
        table = read([{"n": n, name: v} for n, v in values.items()], column={"loss": name})
    found = curve_of(kleiber.analyse(table, at=[16_000]))
    (entry,) = found["forecast"]["at"]
    assert found["metric"] == name and entry["low"] <= 0.9 - 4 * 16_000**-0.4 <= entry["high"]
    assert entry["low"] > values[8000] - 0.01


def test_a_negated_log_loss_is_turned_and_told_as_it_was_given() -> None:
    found = kleiber.analyse(read(log_loss(), column={"loss": "test_neg_log_loss"}), at=[16_000, 64_000])
    curve = curve_of(found)
    n, loss = zip(*((n, -value) for n, values in NEG_LOG_LOSS.items() for value in values), strict=True)
    fit = fitted(n, loss)
    assert [round(float(fit(m)), 3) for m in (16_000, 64_000)] == [0.381, 0.347]
    for entry, truth in zip(curve["forecast"]["at"], (0.381, 0.347), strict=True):
        assert entry["low"] <= -truth <= entry["high"] and entry["median"] == pytest.approx(-truth, abs=0.02)
        assert entry["loss"]["median"] == pytest.approx(-entry["median"])
    assert curve["metric"] == "test_neg_log_loss" and curve["scale"]["loss"] == "test_log_loss"
    assert found.sentences[0].startswith("At 16,000 examples expect test_neg_log_loss -0.3")
    assert " more than the -0.40" in found.sentences[0]
    assert any("was read as a negated loss" in warning["message"] for warning in found.content["warnings"])


def test_a_negated_loss_under_another_name_names_the_option_that_turns_it(tmp_path) -> None:
    rows = ["n,fold,score", *(f"{row['n']},{row['fold']},{row['score']}" for row in log_loss("score"))]
    (tmp_path / "runs.csv").write_text("\n".join(rows) + "\n")
    line = ["forecast", "runs.csv", "--column", "loss=score", "--at", "16000"]
    asked = command(*line, folder=tmp_path)
    assert asked.returncode == 2 and "--higher-is-better" in asked.stderr
    done = command(*line, "--higher-is-better", "--best", "0", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)["curves"][0]["forecast"]["at"]
    assert entry["low"] <= -0.381 <= entry["high"]


def test_r2_is_what_it_lacks_to_1() -> None:
    values = {n: 1 - (0.2 + 6 * n**-0.5) for n in PERCENT}  # negative at no size, 0.42 to 0.73
    found = kleiber.analyse(read([{"n": n, "r2": v} for n, v in values.items()], column={"loss": "r2"}), at=[16_000])
    (entry,) = curve_of(found)["forecast"]["at"]
    assert entry["low"] <= 1 - (0.2 + 6 * 16_000**-0.5) <= entry["high"] and curve_of(found)["metric"] == "r2"


@pytest.fixture
def accuracies(tmp_path):
    (tmp_path / "runs.csv").write_text("n,accuracy\n" + "".join(f"{n},{value}\n" for n, value in PERCENT.items()))
    return tmp_path


def test_a_target_is_in_the_unit_of_its_column_at_the_command(accuracies) -> None:
    wrong = command("forecast", "runs.csv", "--target", "0.95", folder=accuracies)
    assert wrong.returncode == 2 and "'accuracy' is in percent here: 95?" in wrong.stderr
    said = [command("forecast", "runs.csv", "--target", target, folder=accuracies) for target in ("92", "92%", "92 %")]
    assert all(done.returncode == 0 for done in said), [done.stderr for done in said]
    assert len({done.stdout for done in said}) == 1 and "accuracy 92 % takes about " in said[0].stdout
    for text in ("91.7", "accuracy 93", " %"):
        assert text in said[0].stdout
    assert "0.083" not in said[0].stdout and not re.search(r"(?<!median )error", said[0].stdout)
    below = command("forecast", "runs.csv", "--target", "0.95%", folder=accuracies)
    assert below.returncode == 0 and "accuracy 0.95 % is reached already" in below.stdout


def test_the_remedy_of_a_target_in_another_unit_works_when_typed(accuracies) -> None:
    for target in ("95", "0.95%"):
        assert command("forecast", "runs.csv", "--target", target, folder=accuracies).returncode == 0
    with pytest.raises(KleiberError, match=r"a fraction of 1 here; write 0\.06, or 6%"):
        kleiber.analyse(accuracies / "runs.csv", metric="error", target=6)
    assert kleiber.analyse(accuracies / "runs.csv", metric="error", target="6%").sentences[0].startswith("error 6 % takes")
    fractions = [{"n": n, "accuracy": value / 100} for n, value in PERCENT.items()]
    with pytest.raises(KleiberError, match=r"a fraction of 1 here; write 0\.92, or 92%"):
        kleiber.analyse(fractions, target=92)
    for target in (0.92, "92%"):
        assert kleiber.analyse(fractions, target=target).sentences[0].startswith("accuracy 0.92 takes about ")


@pytest.mark.parametrize(("name", "higher", "target", "meant"), [("mAP50", True, 0.9, 90), ("error", False, 0.05, 5)])
def test_a_target_beside_values_of_up_to_a_hundred_is_of_a_hundred(name, higher, target, meant) -> None:
    n = np.repeat(100 * 2 ** np.arange(6), 2)
    missing = 3 + 60 * (n / 100) ** -0.5
    runs = {"n": n, "metric": [name] * 12, "loss": np.round(100 - missing if higher else missing, 2)}
    with pytest.raises(KleiberError, match=f"'{name}' is in percent here: {meant}\\? Or write {target}%"):
        kleiber.analyse(runs, target=target)
    said = kleiber.analyse(runs, target=meant).sentences[0]
    assert said.startswith(f"{name} {meant} takes about ")
    if not higher:
        assert kleiber.analyse(runs, target=f"{meant}%").sentences[0] == said


def test_every_answering_command_takes_the_target_in_the_same_unit(accuracies) -> None:
    for name, options in (("next", ["--budget", "20000"]), ("forecast", [])):
        wrong = command(name, "runs.csv", *options, "--target", "0.92", folder=accuracies)
        assert wrong.returncode == 2 and "92?" in wrong.stderr, name
        done = command(name, "runs.csv", *options, "--target", "92", folder=accuracies)
        assert done.returncode == 0 and "92 %" in done.stdout, (name, done.stderr)
