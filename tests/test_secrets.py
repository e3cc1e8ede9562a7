"""No password or token reaches a ledger, a log, a report, a printed line or an error: a harmless marker stands for each."""

import os
import subprocess
import sys

import pytest
from tests.importers import written

from kleiber import analyse, importers
from kleiber.errors import KleiberError, MachineError, masked
from kleiber.report.page import page

MARK = "m4rk3r-of-a-secret"
OWN = f"""
import kleiber

@kleiber.trainer
def train(task):
    if task.n == 40:
        raise ConnectionError("no answer from https://bob:{MARK}@tracker.example/api?x=1&api_key={MARK}")
    loss = task.n ** -0.5
    return {{"loss": loss}} if task.test is None else {{"loss": loss, "test_loss": loss}}

study = kleiber.Study(name="s", data={{"source": "blank", "examples": 100}}, sizes=[10, 20, 40], replicates=2,
    trainer=train, executor={{"name": "dask", "address": "tcp://bob:{MARK}@10.0.0.1:8786"}})
"""


def kleiber(folder, line, **environment):
    command = [sys.executable, "-m", "kleiber", *line.split()]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"tcp://bob:{MARK}@10.0.0.1:8786 is gone", "tcp://***@10.0.0.1:8786 is gone"),
        (f"invalid address 'bob:{MARK}@host:9'", "invalid address '***@host:9'"),
        (f"https:/{MARK}@host/x.csv", "https:/***@host/x.csv"),
        (f"GET /x?run=1&access_token={MARK}&y=2", "GET /x?run=1&access_token=***&y=2"),
        ("runs/v@2/x.csv, line 3: name@example.org", "runs/v@2/x.csv, line 3: name@example.org"),
    ],
)
def test_a_password_of_an_address_is_masked_and_nothing_else(text, told):
    assert masked(text) == told
    assert str(KleiberError(text)) == str(MachineError(text)) == told


def test_no_secret_of_a_run_is_kept_or_shown(tmp_path, run_half):
    (tmp_path / "own.py").write_text(OWN)
    code, said = kleiber(
        tmp_path, "run own.py --executor local --workers 2 --ledger k.db --out out -v", WANDB_API_KEY=MARK, MY_TOKEN=MARK
    )
    assert code == 3 and "no answer from https://***@tracker.example" in said
    for line in ("status k.db", "export k.db", "forecast k.db --json", "report k.db --output r.html"):
        said += kleiber(tmp_path, line, WANDB_API_KEY=MARK)[1]
    assert MARK not in said
    kept = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "own.py" and file.suffix != ".pyc"]
    assert {"k.db", "report.html", "findings.json", "r.html"} <= {file.name for file in kept}
    assert any(file.suffix == ".log" for file in kept)
    assert [file for file in kept if MARK.encode() in file.read_bytes()] == []


@pytest.mark.parametrize("executor", ["ray", "dask"])
def test_an_address_that_does_not_answer_is_named_without_its_password(tmp_path, executor, run_half):
    pytest.importorskip({"dask": "distributed"}.get(executor, executor), reason=f"{executor} is not installed")
    (tmp_path / "own.py").write_text(OWN)
    code, said = kleiber(tmp_path, f"run own.py --executor {executor} --address bob:{MARK}@127.0.0.1:1 --ledger k.db")
    assert (code, MARK in said, "Traceback" in said) == ({"ray": 4, "dask": 2}[executor], False, False), said
    assert {"ray": "Ray cannot be reached or started", "dask": "write tcp://HOST:PORT"}[executor] in said


def test_an_address_in_place_of_a_file_is_named_without_its_password(tmp_path):
    for source in (f"https://bob:{MARK}@host/x.csv", f"https://bob:{MARK}{'x' * 90}@host/x.csv"):
        with pytest.raises(KleiberError, match=r"https:/+\*\*\*@host") as raised:
            importers.read(source)
        assert MARK not in str(raised.value)
    assert MARK not in kleiber(tmp_path, f"forecast https://bob:{MARK}@host/x.csv")[1]


def secrets_of(i):
    names = ("wandb_api_key", "apiKey", "db_password", "hf_token", "aws.secret_access_key", "passwd", "auth", "tracker_dsn")
    return {**dict.fromkeys(names, f"{MARK}{i}"), "tracker": f"bob:{MARK}{i}@host", "uri": f"https://b:{MARK}{i}@h/x"}


@pytest.mark.parametrize("kind", ["wandb", "mlflow"])
def test_no_secret_of_a_trackers_config_is_copied_on(tmp_path, kind):
    runs = [(n, seed) for n in (100, 200, 400) for seed in (0, 1)]
    if kind == "wandb":
        for i, (n, seed) in enumerate(runs):
            config = {"n": n, "seed": seed, **secrets_of(i)}
            written.wandb(tmp_path / f"offline-run-{i}", f"id{i}", config, [{"val_loss": 1 / n + seed / 1000}])
    else:
        rows = [
            (f"r{i}", {"n": n, "seed": s, **secrets_of(i)}, {"val_loss": [(0, 1 / n)]}, "FINISHED", "active")
            for i, (n, s) in enumerate(runs)
        ]
        written.mlflow(tmp_path / "mlflow.db", rows).close()
    table = importers.read(tmp_path)
    found = analyse(table)
    assert len(table.rows) == len(runs)
    assert MARK not in repr(table) and MARK not in found.to_json() and MARK not in page(found.to_dict())
    code, said = kleiber(tmp_path, "import . --output runs.csv")
    assert code == 0 and MARK not in said and MARK not in (tmp_path / "runs.csv").read_text()
