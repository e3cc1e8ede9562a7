"""The command as a person uses it: what it prints, where, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from kleiber import importers

RUNS = "n,loss\n200,1.98\n400,1.79\n800,1.66\n1600,1.51\n3200,1.40\n"


def kleiber(*arguments, folder):
    line = [sys.executable, "-m", "kleiber", *map(str, arguments)]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture
def runs(tmp_path):
    (tmp_path / "runs.csv").write_text(RUNS)
    return tmp_path


@pytest.fixture
def finished(run_half, recorded, tmp_path):
    """A folder with a finished study of the replay trainer."""
    table = recorded([20, 40, 80])
    (tmp_path / "s.toml").write_text(
        f'name = "s"\ntrainer = "replay"\nsizes = [20, 40, 80]\ndata = {{ source = "blank", examples = 200 }}\n'
        f"replicates = 2\n[search]\ntrials = 3\n[search.space]\nlr = {{ low = 1e-3, high = 1.0, log = true }}\n"
        f'[training]\ntable = "{table}"\n'
    )
    done = kleiber("run", "s.toml", "--out", "out", "--export-subsets", "subsets", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_a_forecast_of_a_table(runs):
    done = kleiber("forecast", "runs.csv", "--at", "6400,2e4", "--target", "1.2", "--price", "0.1", folder=runs)
    assert done.returncode == 0, done.stderr
    assert "At 6,400 examples expect loss 1." in done.stdout and "At 20,000: " in done.stdout
    assert "90 %" in done.stdout
    assert "interval" in done.stdout
    assert "--full prints" in done.stderr  # the regions and the laws
    assert "noise-unknown" in done.stderr


def test_laws_are_chosen_by_name(runs):
    done = kleiber("forecast", "runs.csv", "--laws", "power, power_floor", "--json", folder=runs)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {law["name"] for law in found["curves"][0]["forecast"]["laws"]} == {"power", "power_floor"}
    assert set(found["curves"][0]["points"][0]["region"]) == {"small_data", "power_law", "floor", "likely"}
    assert found["provenance"]["calibration"]
    done = kleiber("forecast", "runs.csv", "--laws", "powr", folder=runs)
    assert (done.returncode, "unknown law 'powr': there are" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["runs.csv", "runs.tsv", "runs.parquet", "runs.json", "runs.jsonl", "excel.csv"])
def test_anybodys_numbers_are_forecast_from_any_kind_of_table(tmp_path, name):
    frame = pl.DataFrame({"Train size": [200, 400, 800, 1600, 3200], "val": [0.399, 0.343, 0.301, 0.262, 0.23]})
    write = {
        "runs.csv": frame.write_csv,
        "runs.tsv": lambda path: frame.write_csv(path, separator="\t"),
        "runs.parquet": frame.write_parquet,
        "runs.json": lambda path: path.write_text(json.dumps(frame.to_dicts())),
        "runs.jsonl": frame.write_ndjson,
        "excel.csv": lambda path: frame.write_csv(path, separator=";", decimal_comma=True, include_bom=True),
    }
    write[name](tmp_path / name)
    columns = ["--column", "n=train size", "--column", "error=val"]
    done = kleiber("forecast", name, *columns, "--at", "1e6", "--target", "0.1", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [p["n"] for p in found["curves"][0]["points"]] == frame["Train size"].to_list()
    assert [p["mean"] for p in found["curves"][0]["points"]] == frame["val"].to_list()
    assert found["curves"][0]["forecast"]["at"][0]["n"] == 1e6
    assert any("read as a fraction of 1" in w["message"] for w in found["warnings"])


def test_the_unit_of_a_rate_can_be_named_and_a_wrong_column_lists_those_there_are(tmp_path):
    (tmp_path / "runs.csv").write_text("n,error\n200,1.4\n400,1.1\n800,0.9\n1600,0.7\n")
    done = kleiber("forecast", "runs.csv", "--unit", "percent", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["curves"][0]["points"][0]["mean"] == pytest.approx(1.4)
    assert json.loads(done.stdout)["curves"][0]["points"][0]["loss"]["mean"] == pytest.approx(0.014)
    done = kleiber("forecast", "runs.csv", "--column", "n=size", folder=tmp_path)
    assert (done.returncode, "no column 'size'; there are 'n', 'error'" in done.stderr) == (2, True)


def test_json_on_standard_output_is_strict(runs):
    done = kleiber("forecast", "runs.csv", "--json", folder=runs)
    found = json.loads(done.stdout, parse_constant=pytest.fail)
    assert found["schema"] == "kleiber-findings/2"
    assert found["curves"][0]["forecast"]["status"] == "ok"


def test_a_name_cannot_steer_the_terminal(tmp_path):
    (tmp_path / "runs.csv").write_text("model,n,loss\n" + "".join(f"a\x1b[2Jb,{row}\n" for row in RUNS.splitlines()[1:]))
    done = kleiber("forecast", "runs.csv", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "[2Jb" in done.stdout


def test_too_few_sizes_are_refused_in_words_and_that_is_no_failure(tmp_path):
    (tmp_path / "two.csv").write_text("n,loss\n100,1.0\n200,0.8\n")
    done = kleiber("forecast", "two.csv", folder=tmp_path)
    assert done.returncode == 0
    assert "No forecast" in done.stdout
    assert "three" in done.stdout
    found = json.loads(kleiber("forecast", "two.csv", "--json", folder=tmp_path).stdout)
    assert found["curves"][0]["forecast"]["code"] == "too-few-sizes"


def test_a_report_of_a_table(runs):
    done = kleiber("report", "runs.csv", "-o", "r.html", folder=runs)
    assert done.returncode == 0, done.stderr
    assert "<html" in (runs / "r.html").read_text()


def test_a_run_leaves_report_figures_findings_log_and_subsets(finished):
    for name in ("out/report.html", "out/findings.json", "out/curve.png", "out/curve.svg", "kleiber.db.1.log"):
        assert (finished / name).stat().st_size > 100, name
    # Three sizes, in the search's replicate and two scored ones.
    assert len(list((finished / "subsets").glob("train-n*.csv"))) == 9
    findings = json.loads((finished / "out/findings.json").read_text())
    assert findings["study"]["rungs"][0]["replicates"] == 2
    assert [b["n"] for b in findings["curves"][0]["backtest"]] == []


def test_the_ledger_is_looked_at_and_kept(finished):
    assert json.loads(kleiber("list", "kleiber.db", "--json", folder=finished).stdout) == ["s"]
    status = kleiber("status", "kleiber.db", folder=finished).stdout
    assert "s: complete, 15 of 15 trials" in status and "2 of 2" in status
    export = kleiber("export", "kleiber.db", folder=finished).stdout.splitlines()
    assert len(export) == 1 + 3 * (3 + 2)
    assert kleiber("backup", "kleiber.db", "copy.db", folder=finished).returncode == 0
    assert kleiber("rename", "copy.db", "s", "t", folder=finished).returncode == 0
    salvaged = kleiber("salvage", "copy.db", "new.db", folder=finished)
    assert salvaged.returncode == 0 and salvaged.stdout.startswith("1 study, 9 rungs, 15 trials, 15 attempts, 3 winners")
    assert len(importers.read(finished / "new.db").rows) == 6
    assert kleiber("delete", "copy.db", "t", "--yes", folder=finished).returncode == 0
    assert kleiber("list", "copy.db", folder=finished).stdout.strip() == ""
    assert kleiber("forecast", "kleiber.db", "--study", "x", folder=finished).returncode == 2


def test_a_dry_run_says_what_would_run_and_after_some_trials_how_long(finished):
    done = kleiber("run", "s.toml", "--dry-run", "--trials", "5", folder=finished)
    assert done.returncode == 0, done.stderr
    assert "200 in the pool" in done.stdout
    assert "12 trials left" in done.stdout  # two more searches and, with another winner, two scores at each size
    assert "from the trials measured so far" in done.stdout
    fresh = kleiber("run", "s.toml", "--dry-run", "--ledger", "none.db", "--json", folder=finished)
    assert json.loads(fresh.stdout)["seconds"] is None
    assert not (finished / "none.db").exists()


@pytest.fixture
def images(run_half, tmp_path):
    """Two classes that differ in brightness: 60 images each of 16x16 grey."""
    Image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    for label, level in (("dark", 90), ("light", 150)):
        (tmp_path / "mine/train" / label).mkdir(parents=True)
        for i in range(60):
            pixels = np.clip(rng.normal(level, 60, (16, 16)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "mine/train" / label / f"{i}.png")
    return tmp_path


TOML = """
data = "mine"
net = "mlp"
sizes = [8, 16, 32, 64]
replicates = 2
[search]
trials = 3
[search.space]
lr = { low = 1e-3, high = 1e-1, log = true }
[training]
epochs = 4
"""


def test_an_image_folder_of_ones_own_runs_through(images):
    (images / "s.toml").write_text(TOML)
    done = kleiber("run", "s.toml", folder=images)
    assert done.returncode == 0, done.stderr
    assert "error" in done.stdout
    assert (images / "kleiber-s/report.html").is_file()


def test_trials_in_one_pass_choose_the_same_winners(images):
    (images / "s.toml").write_text(TOML)
    found = []
    for pack in (1, 4):
        done = kleiber("run", "s.toml", "--pack", pack, "--ledger", f"{pack}.db", "--json", folder=images)
        assert done.returncode == 0, done.stderr
        found.append([point["mean"] for point in json.loads(done.stdout)["curves"][0]["points"]])
    assert found[1] == pytest.approx(found[0], rel=1e-3)


def test_a_regression_table_of_ones_own_runs_through(run_half, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4))
    y = 3 + x @ [1.0, -2, 0.5, 0] + 0.1 * rng.normal(size=400)
    rows = "\n".join(",".join(f"{value:.6f}" for value in row) for row in np.column_stack([x, y]))
    (tmp_path / "houses.csv").write_text("a,b,c,d,price\n" + rows + "\n")
    (tmp_path / "s.toml").write_text(TOML.replace('"mine"', '"houses.csv"').replace('"mlp"', '"linear"'))
    done = kleiber("run", "s.toml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "rmse" in done.stdout


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"sizes": "[0, 16]"}, [], "0 is not a whole number"),
        ({"net": '"lenett"'}, [], "line 3: net: unknown net 'lenett'; did you mean 'lenet'?"),
        ({"lr": "{ low = 1, hihg = 2 }"}, [], "[search.space] lr: a range has low, high"),
        ({"epochs": '"many"'}, [], "[training] epochs"),
        ({"replicates": "0"}, [], "replicates"),
        ({"data": '"nothing"'}, [], "nothing"),
        ({"sizes": "[8, 5000]"}, [], "5,000 is more than the pool's"),
        ({}, ["--device", "tpu9"], "tpu9"),
        ({}, ["--max-n", "3"], "leaves no size"),
        ({}, ["--executor", "clowd"], "unknown executor 'clowd'"),
        ({}, ["--net", "own.py:Net"], "no file own.py"),
    ],
)
def test_bad_input_names_item_and_remedy_and_ends_with_2(images, change, options, said):
    text = "\n".join(
        f"{line.split(' = ')[0]} = {change[line.split(' = ')[0]]}" if line.split(" = ")[0] in change else line
        for line in TOML.splitlines()
    )
    (images / "s.toml").write_text(text)
    done = kleiber("run", "s.toml", *options, folder=images)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_a_broken_image_and_a_missing_class_folder_are_named(images):
    (images / "s.toml").write_text(TOML)
    broken = images / "mine/train/dark/broken.png"
    broken.write_bytes(b"\x89PNG not really")
    done = kleiber("run", "s.toml", folder=images)
    assert (done.returncode, "broken.png" in done.stderr) == (2, True)
    broken.unlink()
    for file in (images / "mine/train/light").iterdir():
        file.unlink()
    (images / "mine/train/light").rmdir()
    done = kleiber("run", "s.toml", folder=images)
    assert done.returncode == 2
    assert "class" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["forecast", "none.csv"], ["run", "no-such-preset"], ["nothing"], ["forecast", "a", "--at", "x"]],
)
def test_a_wrong_line_ends_with_2_and_no_traceback(arguments, tmp_path):
    done = kleiber(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_study_file_with_no_study_or_two_says_so(run_half, tmp_path):
    (tmp_path / "s.py").write_text("import kleiber\n")
    done = kleiber("run", "s.py", folder=tmp_path)
    assert (done.returncode, "defines 0 studies (none)" in done.stderr) == (2, True)


def failing(where, folder):
    (folder / "s.py").write_text(
        f"import kleiber\n@kleiber.trainer\ndef train(task):\n    if {where}:\n        raise ValueError('no good')\n"
        "    return {'loss': 1 / task.n, 'test_loss': 1 / task.n}\n"
        "study = kleiber.Study(data={'source': 'blank', 'examples': 50}, trainer=train, sizes=[10, 20, 40])\n"
    )
    return kleiber("run", "s.py", folder=folder)


def test_a_study_whose_trials_fail_ends_with_3_and_says_which(run_half, tmp_path):
    done = failing("task.n == 40", tmp_path)
    assert done.returncode == 3, done.stderr
    assert "no good" in done.stderr
    assert "missing: n = 40: 0 of 3 scores" in done.stderr


def test_a_trainer_that_fails_at_once_ends_with_2_before_a_study_begins(run_half, tmp_path):
    done = failing("True", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("no good (") == 1 and "ValueError: no good" in done.stderr and "s.py:5 in train" in done.stderr
    assert "Mend it, and run the same line again" in done.stderr and "Traceback" not in done.stderr


def test_a_damaged_ledger_ends_with_4(tmp_path):
    (tmp_path / "kleiber.db").write_bytes(b"x" * 5000)
    done = kleiber("status", "kleiber.db", folder=tmp_path)
    assert done.returncode == 4
    assert "kleiber salvage" in done.stderr


def test_the_package_says_its_version_and_is_typed():
    import kleiber as package

    assert (Path(package.__file__).parent / "py.typed").is_file()


def test_the_search_is_told_at_a_common_number_of_trials(finished):
    found = json.loads((finished / "out" / "findings.json").read_text())["search"]
    assert found["k"] == 3 and [entry["n"] for entry in found["sizes"]] == [20, 40, 80]
    assert all(entry["expected"] == entry["lowest"] and entry["more"] is None for entry in found["sizes"])
    assert "best of 3 (90%)" in (finished / "out" / "report.html").read_text().replace("\u00a0", "").replace("90 %", "90%")


def test_a_budget_chooses_the_trials_and_a_study_goes_on_with_those_that_it_began_with(run_half, tmp_path):
    (tmp_path / "s.toml").write_text(
        'data = "digits"\nnet = "mlp"\nsizes = [50, 100]\nreplicates = 1\n[search.space]\nlr = [0.01, 0.1]\n'
        "[training]\nepochs = 2\n"
    )
    line = [sys.executable, "-m", "kleiber", "run", "s.toml"]
    done = subprocess.run([*line, "--budget-epochs", "16"], cwd=tmp_path, capture_output=True, text=True)
    assert "the budget pays for 3 trials at each of 2 sizes" in done.stderr and "timed" not in done.stderr
    again = subprocess.run([*line, "--budget-epochs", "160"], cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 0 and "the study began with 3 trials at each size and keeps that number" in again.stderr
    for wrong, said in (
        (["--budget-money", "3"], "--price-per-hour belong together"),
        (["--budget-epochs", "2"], "are too little for one trial"),
        (["--budget-epochs", "99", "--trials", "3"], "leave out --trials, --budget-hours and --budget-money"),
    ):
        name = ["--study", "other"]
        refused = subprocess.run([*line, *wrong, *name], cwd=tmp_path, capture_output=True, text=True)
        assert refused.returncode == 2 and said in refused.stderr
