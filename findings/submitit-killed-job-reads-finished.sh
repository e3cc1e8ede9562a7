#!/usr/bin/env bash
# submitit's local executor says FINISHED of a job whose process was killed, and result() takes 15 s to raise.
#
# Versions: submitit 1.5.4, cloudpickle 3.1.3, CPython 3.11, Linux x86-64.
# A guess from memory: a job that is killed has the state FAILED, and result() raises at once. The state is FINISHED, as of a
# job that gave a value. result() waits some 15 s for a file with the result before it raises UncompletedJobError. Who counts states
# counts it as done; only result() or exception() tell. The kill here is the job's own, as a limit of memory does it.
#
# Output seen:
#   state FINISHED, done True
#   UncompletedJobError after 15 s
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet submitit==1.5.4 cloudpickle==3.1.3
FOLDER="$folder" "$folder/venv/bin/python" - <<'PY'
import os
import sys
import time

import submitit


def killed():
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


jobs = submitit.LocalExecutor(folder=os.path.join(os.environ["FOLDER"], "jobs"))
jobs.update_parameters(timeout_min=5)
job = jobs.submit(killed)
while job.state == "RUNNING":
    time.sleep(0.2)
print(f"state {job.state}, done {job.done()}")
began = time.monotonic()
try:
    job.result()
    raised = "nothing"
except Exception as error:
    raised = type(error).__name__
took = time.monotonic() - began
print(f"{raised} after {took:.0f} s")
sys.exit(0 if job.state == "FINISHED" and raised == "UncompletedJobError" and took > 8 else "changed: what a killed job says")
PY
