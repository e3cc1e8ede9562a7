#!/usr/bin/env bash
# EventAccumulator of TensorBoard keeps 10 points of a scalar in the newer form, at random, and lists it among tensors.
#
# Versions: tensorboard 2.21.0, CPython 3.11, Linux x86-64.
# A guess from memory: a scalar is a scalar, and of a run of 500 steps the reader gives 500, or 10,000 at most. That holds for
# the older form (simple_value). The newer one, which TensorFlow 2 and Keras write, stands under "tensors": of those the default
# keeps 10, drawn at random but for the last. A minimum taken over them is seldom that of the run. Nothing says that
# points are missing; size_guidance={"tensors": 0} keeps all.
#
# Output seen:
#   listed as scalars: []; as tensors: ['loss']
#   written 500 points, kept 10, the last one among them: True
#   kept with size_guidance={"tensors": 0}: 500
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tensorboard==2.21.0 setuptools==80.9.0
FOLDER="$folder/logs" "$folder/venv/bin/python" -W ignore - <<'PY'
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

logs = os.environ["FOLDER"]
writer = EventFileWriter(logs)
for step in range(500):
    writer.add_event(Event(wall_time=float(step), step=step, summary=scalar_pb("loss", 1.0 / (1 + step))))
writer.close()


def read(**options):
    found = EventAccumulator(logs, **options)
    found.Reload()
    return found


usual = read()
print(f"listed as scalars: {usual.Tags()['scalars']}; as tensors: {usual.Tags()['tensors']}")
kept = [event.step for event in usual.Tensors("loss")]
print(f"written 500 points, kept {len(kept)}, the last one among them: {kept[-1] == 499}")
whole = len(read(size_guidance={"tensors": 0}).Tensors("loss"))
print(f'kept with size_guidance={{"tensors": 0}}: {whole}')
sys.exit(0 if (len(kept), whole) == (10, 500) and not usual.Tags()["scalars"] else "changed: how many points are kept")
PY
