"""Without the extra `run`: the core's commands work, a ledger's included, and the others say the line that installs it.

The packages of all extras are hidden in a process of its own, whether they are installed or not.
"""

import json
import subprocess
import sys
import textwrap

import pytest

from kleiber.plugins import EXTRAS
from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.ledger import Ledger

HIDDEN = sorted(
    {package for extra in EXTRAS.values() for package in extra} - {"pydantic"}
    | {"sqlalchemy", "alembic", "pandas", "torchvision"}  # pydantic comes with some versions of Typer
)
BEGINNING = f"""
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HIDDEN!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())
"""
LINES = """
import contextlib, io, json
from kleiber.command.cli import main

found = []
for line in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(line.split())
        except SystemExit as ending:
            code = ending.code
    found.append([line, code, out.getvalue(), err.getvalue()])
print(json.dumps(found))
"""
SAID = "not installed here: pip install 'kleiber[run]'"
SIZES = (100, 200, 400, 800)


def python(script, folder, *arguments):
    line = [sys.executable, "-c", BEGINNING + textwrap.dedent(script), *arguments]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands(folder, *lines):
    return json.loads(python(LINES, folder, json.dumps(lines)))


@pytest.fixture
def measured(tmp_path):
    """A folder with a table of two models, and with a ledger as a study without a search leaves it."""
    rows = [f"{m},{n},{k * n**-0.3 + 0.1 + 0.001 * (n % 3)}" for m, k in (("a", 2.0), ("b", 1.8)) for n in SIZES]
    (tmp_path / "runs.csv").write_text("\n".join(["model,n,loss", *rows]) + "\n")
    description = {"net": "mlp", "trainer": "torch", "metric": "loss", "sizes": SIZES, "replicates": 2}
    description |= {"seeds_per_subset": 1, "search": {"trials": 1, "space": {}, "sampler": "random"}}
    data = {"name": "d", "fingerprint": "f", "task": "classification", "classes": 2, "chance": {}, "notes": []}
    with (
        Ledger(tmp_path / "kleiber.db") as ledger,
        ledger.hold("s", {}, description, {**data, "train": 900, "validation": 50, "test": 50}) as book,
    ):
        rungs = [Rung(n, replicate, f"{n}.{replicate}") for n in SIZES for replicate in (1, 2)]
        book.write_rungs(rungs)
        for rung in rungs:
            loss = {"loss": 2 * rung.n**-0.3 + 0.1 + 0.002 * rung.replicate}
            book.finish(book.start(Trial("c", Purpose.SCORE, rung, {}, 0, 0)), Measurement(State.OK, loss, loss))
    return tmp_path


def test_what_needs_no_study_works_in_the_core_alone(measured):
    found = commands(
        measured,
        "forecast runs.csv --model a --at 1600",
        "report runs.csv -o runs.html",
        "compare runs.csv --at 1600",
        "plan runs.csv --model a --value 20000 --price 0.5",
        "next runs.csv --model a --budget 60000",
        "forecast kleiber.db",
        "report kleiber.db -o ledger.html",
        "status kleiber.db",
        "list kleiber.db",
        "export kleiber.db",
        "backup kleiber.db copy.db",
        "salvage kleiber.db new.db",
        "rename copy.db s t",
        "delete copy.db t --yes",
        "run --help",
    )
    for line, code, _, err in found:
        assert code == 0, (line, err)
    assert all((measured / name).is_file() for name in ("runs.html", "ledger.html", "copy.db", "new.db"))


def test_what_runs_a_study_says_the_one_line_before_anything_else_happens(tmp_path):
    (tmp_path / "s.toml").write_text('data = "digits"\nnet = "mlp"\n')
    (tmp_path / "s.py").write_text("import kleiber\nstudy = kleiber.Study(data='digits')\n")
    found = commands(
        tmp_path,
        "demo",
        "run demo",
        "run s.toml",
        "run s.py",
        "run s.toml --dry-run",
        "run s.toml --preview",
        "run s.toml --budget-hours 1",
        "run s.toml --export-subsets subsets",
    )
    for line, code, out, err in found:
        assert (code, out, SAID in err, err.count("\n"), "Traceback" in err) == (2, "", True, 1, False), (line, err)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["s.py", "s.toml"]


def test_python_hears_the_same_line_and_a_trainer_of_ones_own_can_be_written_without_it(tmp_path):
    said = python(
        """
        import kleiber

        @kleiber.trainer
        def train(task):
            return {}

        for name in ("Study", "preset", "run_study", "export_subsets"):
            try:
                getattr(kleiber, name)
            except kleiber.KleiberError as error:
                print(error)
        from kleiber import Ledger, plugins
        for kind in ("trainers", "executors", "datasets", "nets"):
            for name in plugins.names(kind):
                try:
                    plugins.load(kind, name)
                except kleiber.KleiberError as error:
                    print(error)
        """,
        tmp_path,
    ).splitlines()
    assert sum(SAID in line for line in said) >= 4
    assert all("pip install 'kleiber[" in line for line in said)
