"""The examples run as their first lines say, and the README's Python runs as it stands there."""

import contextlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from dev import quotes

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


def run(arguments, folder):
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=300)


def test_own_numbers(tmp_path):
    done = run([ROOT / "examples" / "own_numbers.py"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"loss at 12,800 examples: 1\.\d\d, 90 % interval [01]\.\d\d to 1\.\d\d", done.stdout)


def test_own_curve(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    done = run([ROOT / "examples" / "own_curve.py"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert (
        re.search(r"a fit of 10,000 examples takes \S+ to \S+ s", done.stdout) and "accuracy of GaussianNB" in done.stdout
    )


def test_own_law(tmp_path):
    done = run([ROOT / "examples" / "own_law.py"], tmp_path)
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: float(re.search(r"squares (\S+);", line)[1]) for line in done.stdout.splitlines()}
    assert set(lines) == {"arctan", "power_floor", "mmf"} and lines["arctan"] < lines["power_floor"] / 10


@pytest.mark.slow
@pytest.mark.parametrize("study", ["own_training.py", "own_net.toml", "own_estimator.py"])
def test_a_study_of_ones_own_runs_from_start_to_report(study, tmp_path):
    line = ["-m", "kleiber", "run", str(ROOT / "examples" / study), "--out", "out", "--workers", "2"]
    done = run(line, tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("report.html", "findings.json", "curve.png", "curve.svg"):
        assert (tmp_path / "out" / name).stat().st_size > 1000
    again = run(line, tmp_path)
    assert again.returncode == 0
    assert again.stdout == done.stdout


@pytest.mark.filterwarnings("ignore::kleiber.HorizonWarning")
@pytest.mark.parametrize(
    "page", ["README.md", "docs/trainers.md", "docs/forecast.md", "docs/decide.md", "docs/failures.md"]
)
def test_the_python_of_the_pages_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.S)
    if any("sklearn" in block for block in blocks):
        pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    names = {}
    assert blocks
    for block in blocks:
        if "run_study" in block:
            compile(block, page, "exec")
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block, page, "exec"), names)


def test_the_forecasts_of_the_readme_run_as_they_stand_there(tmp_path):
    """The lines of the section on one's own numbers, with tables as it describes them."""
    section = (ROOT / "README.md").read_text().partition("## Your own numbers")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("kleiber ")]
    pl = pytest.importorskip("polars", reason="polars is not installed, so no Parquet is written")
    sizes, errors = [200, 400, 800, 1600, 3200], [39.9, 34.3, 30.1, 26.2, 23.0]
    pl.DataFrame({"n": sizes, "loss": errors}).write_csv(tmp_path / "runs.csv")
    pl.DataFrame({"train_size": sizes, "val": errors}).write_parquet(tmp_path / "runs.parquet")
    both = {"model": ["a"] * 5 + ["b"] * 5, "n": sizes * 2, "loss": errors + [0.9 * error for error in errors]}
    pl.DataFrame(both).write_csv(tmp_path / "models.csv")
    assert len(lines) >= 3
    for line in lines:
        done = run(["-m", "kleiber", *shlex.split(line)[1:]], tmp_path)
        assert done.returncode == 0, (line, done.stderr)


def test_the_commands_of_the_worked_example_say_what_the_page_says():
    page = ROOT / "docs" / "decide.md"
    lines, told = list(quotes.lines_of(page)), quotes.quoted(page)
    assert len(lines) == 4 and len(told) >= 9
    said = quotes.run_all(lines, ROOT / "docs")
    assert [quote for quote in told if quote not in said] == []


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *(f"docs/{p}.md" for p in PAGES)])
def test_every_link_of_a_page_leads_to_a_file(page):
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert (folder / target).exists(), f"{page} links to {target}, which is not there"


def test_every_command_is_in_the_readme_and_has_help():
    from typer.testing import CliRunner

    from kleiber.command.cli import app

    readme = (ROOT / "README.md").read_text()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"kleiber {name}" in readme, f"the README does not say what 'kleiber {name}' does"
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0
        assert command.callback.__doc__.splitlines()[0].split(",")[0][:30] in shown.output
