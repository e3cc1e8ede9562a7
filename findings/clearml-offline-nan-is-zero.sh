#!/usr/bin/env bash
# ClearML writes a scalar that is NaN or infinite as 0.0, and the offline session has no sign of it.
#
# Versions: clearml 2.1.12, CPython 3.11, Linux x86-64.
# A guess from memory: a NaN stands in the file as NaN or null, or the point is left out. It stands as 0.0. A loss that
# diverged so becomes the best value of all runs. The log says so once, and names a setting for another value. The file cannot be
# told from that of a run that reached zero.
#
# Output seen:
#   reported: 0.7 nan 0.5 inf
#   in the file: 0.7 0.0 0.5 0.0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet clearml==2.1.12
cd "$folder"
HOME="$folder" CLEARML_CACHE_DIR="$folder/cache" "$folder/venv/bin/python" - 2>"$folder/said" <<'PY'
import json
import sys
from pathlib import Path

from clearml import Task

VALUES = [0.7, float("nan"), 0.5, float("inf")]
Task.set_offline(offline_mode=True)
task = Task.init("project", "run", auto_connect_frameworks=False, auto_resource_monitoring=False, auto_connect_streams=False)
for step, value in enumerate(VALUES):
    task.get_logger().report_scalar("loss", "val", value=value, iteration=step)
task.flush(wait_for_uploads=True)
place = Path(task.get_offline_mode_folder())
task.close()
lines = (place / "metrics.jsonl").read_text().splitlines()
events = [event for line in lines for event in json.loads(line) if event.get("metric") == "loss"]
written = [event["value"] for event in sorted(events, key=lambda event: event["iter"])]
print("reported:", *VALUES)
print("in the file:", *written)
sys.exit(0 if written == [0.7, 0.0, 0.5, 0.0] else "changed: what is written for NaN and infinity")
PY
