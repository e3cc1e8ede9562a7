#!/usr/bin/env bash
# MLflow gives a metric that was infinite back as 1.797e308, and math.isfinite says True; NaN comes back as NaN.
#
# Versions: mlflow-skinny 3.17.2, sqlalchemy 2.1.9, alembic 1.20.1, CPython 3.11, Linux x86-64.
# A guess from memory: both come back as they were logged, or both are refused. In a database NaN is kept as 0.0 beside
# a column is_nan, and comes back as NaN. Infinity is kept as the largest double and comes back so, from the client too:
# a diverged loss passes every check for finite values, and a mean over runs becomes 1e307.
#
# Output seen:
#   logged: 0.5 nan inf -inf
#   history: 0.5 nan 1.7976931348623157e+308 -1.7976931348623157e+308
#   finite: True False True True
#   in the table: (0.5, 0) (0.0, 1) (1.7976931348623157e+308, 0) (-1.7976931348623157e+308, 0)
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet mlflow-skinny==3.17.2 sqlalchemy==2.1.9 alembic==1.20.1
cd "$folder"
HOME="$folder" MLFLOW_DISABLE_TELEMETRY=true "$folder/venv/bin/python" -W ignore - 2>"$folder/said" <<'PY' || { tail -n 5 "$folder/said" >&2; exit 1; }
import math
import sqlite3
import sys

from mlflow import MlflowClient

VALUES = [0.5, float("nan"), float("inf"), float("-inf")]
client = MlflowClient("sqlite:///runs.db")
run = client.create_run(client.create_experiment("losses")).info.run_id
for step, value in enumerate(VALUES):
    client.log_metric(run, "loss", value, step=step)
history = [one.value for one in sorted(client.get_metric_history(run, "loss"), key=lambda one: one.step)]
rows = sqlite3.connect("runs.db").execute("SELECT value, is_nan FROM metrics ORDER BY step").fetchall()
print("logged:", *VALUES)
print("history:", *history)
print("finite:", *(math.isfinite(value) for value in history))
print("in the table:", *((value, int(flag)) for value, flag in rows))
same = history[2] == sys.float_info.max and math.isnan(history[1]) and rows[1][0] == 0.0
sys.exit(0 if same else "changed: what comes back for infinity or NaN")
PY
