"""The commands that answer, as a person uses them: sentences on standard output, JSON, and input that is named."""

import json
import subprocess
import sys

import numpy as np
import pytest

SIZES = 200.0 * 2.0 ** np.arange(6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the runs of two models."""
    rows = ["n,error,model,replicate"]
    for seed, (model, exponent) in enumerate({"small": 0.25, "large": 0.4}.items()):
        chance = np.random.default_rng(seed)
        rows += [
            f"{n:g},{((n / 200) ** -exponent * 0.5 + 0.05) * (1 + 0.01 * chance.normal()):.6f},{model},{r}"
            for n in SIZES
            for r in range(3)
        ]
    place = tmp_path_factory.mktemp("runs")
    (place / "two.csv").write_text("\n".join(rows) + "\n")
    (place / "short.csv").write_text("n,error\n100,0.5\n200,0.4\n")
    return place


def kleiber(*arguments, folder):
    line = [sys.executable, "-m", "kleiber", *map(str, arguments)]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=300)


def test_compare_says_who_is_better_and_what_it_is_worth(folder):
    done = kleiber("compare", "two.csv", "--at", "12800", "--target", "0.2", "--full", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "At 12,800 large is best (better than small with probability over 99 %; firm). Expect error 0.1"
    )
    assert "At 12,800 large is better than small with probability" in done.stdout
    assert "For error 0.200, large needs 0." in done.stdout and " times the data of small (" in done.stdout
    assert "This study could detect a difference of " in done.stdout
    found = json.loads(kleiber("compare", "two.csv", "--json", folder=folder).stdout)
    assert {model["model"] for model in found["models"]} == {"small", "large"}


def test_plan_weighs_labels_against_engineers(folder):
    line = ("plan", "two.csv", "--model", "small", "--value", 20000, "--price", 0.5)
    done = kleiber(*line, "--months", 6, "--cost-per-month", 15000, "--gain", "0,0.3", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Cheapest in expectation: buy ") and done.stdout.count("Instead: ") == 3
    found = json.loads(kleiber(*line, "--json", folder=folder).stdout)
    assert {option["name"] for option in found["options"]} == {"nothing", "labels"}


def test_next_names_a_run_within_the_budget(folder):
    done = kleiber("next", "two.csv", "--model", "large", "--budget", 30000, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "The question is error of large at n = 51,200. The answer now is 0.10" in done.stdout
    found = json.loads(kleiber("next", "two.csv", "--model", "large", "--budget", 30000, "--json", folder=folder).stdout)
    assert found["run"]["cost"] <= 30000 and found["replicates"] == ["3"]


def test_a_refused_forecast_is_an_answer(folder):
    done = kleiber("plan", "short.csv", "--value", 1, "--price", 1, folder=folder)
    assert done.returncode == 0 and "2 sizes were measured" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (("plan", "two.csv", "--model", "small", "--value", "1", "--price", "-1"), "--price is -1"),
        (("plan", "two.csv", "--model", "small", "--value", "1", "--price", "1", "--gain", "0.3"), "--gain"),
        (("plan", "two.csv", "--value", "1", "--price", "1"), "--model large"),
        (("compare", "two.csv", "--at", "many"), "--at"),
        (("next", "two.csv", "--model", "small", "--budget", "9", "--target", "0.1", "--exponent"), "ask one"),
        (("next", "two.csv", "--model", "small", "--budget", "-9"), "budget"),
    ],
)
def test_bad_input_is_named_and_ends_with_2(line, named, folder):
    done = kleiber(*line, folder=folder)
    assert done.returncode == 2, done.stdout
    assert named in done.stderr


PLAN = ("--value", "20000", "--price", ".5", "--months", "6", "--cost-per-month", "15000", "--gain", "0,.3")


def test_a_report_with_prices_has_the_decision_that_plan_gives(folder):
    done = kleiber("report", "two.csv", "--model", "large", "--target", "10%", *PLAN, "-o", "r.html", folder=folder)
    assert done.returncode == 0, done.stderr
    html = (folder / "r.html").read_text()
    island = html.split('<script type="application/json" id="findings">')[1].split("</script>")[0]
    (advice,) = json.loads(island)["advice"]
    plan = json.loads(kleiber("plan", "two.csv", "--model", "large", *PLAN, "--json", folder=folder).stdout)
    assert advice["choice"] == plan["choice"] and advice["sentences"] == plan["sentences"]
    assert 'id="s-decision"' in html and 'id="s-what_if"' in html and len(html) < 150_000


def test_a_report_names_the_options_that_a_decision_lacks(folder):
    for options, named in ((("--value", "2"), "--price"), (("--months", "3"), "--value"), (("--gain", ".3"), "--gain")):
        done = kleiber("report", "two.csv", "--model", "large", *options, "-o", "no.html", folder=folder)
        assert done.returncode == 2 and named in done.stderr, done.stderr
    assert not (folder / "no.html").exists()


def test_runs_that_carry_no_decision_give_a_report_that_says_so(folder):
    done = kleiber("report", "short.csv", "--value", "2000", "--price", ".5", "-o", "short.html", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "No advice, because there is no forecast" in (folder / "short.html").read_text()
