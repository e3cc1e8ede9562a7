"""Write each study with its real library, then read it: every n, seed and value must be the same.

    .venv-formats/kleiber/bin/python -m dev.formats [NAME ...]

Each library runs in the environment that `make formats` builds for it from a file of packages/; kleiber reads in its own.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import kleiber

HERE = Path(__file__).parent
PLACES = Path(".venv-formats")
ENVIRONMENT = {
    "mlflow": "mlflow", "mlflow_files": "mlflow", "wandb": "trackers", "trackio": "trackers", "dvclive": "trackers",
    "swanlab": "trackers", "sacred": "trackers", "clearml": "trackers", "tensorboard": "frameworks",
    "lightning": "frameworks", "keras": "frameworks", "transformers": "frameworks", "sklearn": "frameworks",
    "skorch": "frameworks", "fastai": "vision", "ultralytics": "vision", "optuna4": "optuna4", "optuna5": "optuna5",
    "ray": "ray",
}  # fmt: skip
"""Where each study is written: the name of a file of packages/."""
HOW: dict[str, dict[str, Any]] = {
    "mlflow": {}, "mlflow_files": {"metric": "val/loss"}, "wandb": {"metric": "val.loss"}, "tensorboard": {}, "trackio": {},
    "dvclive": {}, "swanlab": {}, "sacred": {}, "clearml": {}, "lightning": {},
    "optuna4": {"metric": "objective"}, "optuna5": {"metric": "objective"},
    "keras": {"n": r"name:n(\d+)"}, "transformers": {}, "sklearn": {}, "skorch": {}, "ray": {},
    "fastai": {"n": r"name:n(\d+)", "metric": "valid_loss"},
    "ultralytics": {"metric": "val/cls_loss", "pool": 80},
}  # fmt: skip
"""What is said besides the path."""
STORES = "runs/optuna.db", "runs/journal.log"
SOURCES = {"optuna4": STORES, "optuna5": STORES}
TOLERANCE = {"tensorboard": 1e-6, "lightning": 1e-6, "keras": 1e-12, "fastai": 1e-4, "ultralytics": 1e-5}
"""Relative, of what a format rounds: float32, and the six digits of fastai and Ultralytics."""


def main(names: Sequence[str]) -> int:
    """Write and read the studies of these names, all where none is given; give how many are wrong."""
    wrong = 0
    for name in names or HOW:
        with tempfile.TemporaryDirectory() as place:
            out = Path(place)
            python = (PLACES / ENVIRONMENT[name] / "bin" / "python").absolute()
            script = HERE / f"write_{name.rstrip('45')}.py"
            done = subprocess.run([python, script, str(out)], capture_output=True, text=True, cwd=out, check=False)
            if done.returncode:
                print(f"{name}: the library failed\n{done.stderr[-2000:]}")
                wrong += 1
                continue
            faults = [fault for source in SOURCES.get(name, ("",)) for fault in check(out, out / source, name)]
        print(f"{name}: {'every n, seed and value is exact' if not faults else '; '.join(faults)}")
        wrong += bool(faults)
    return wrong


def check(out: Path, source: Path, name: str) -> list[str]:
    """Compare what is read under two rules with what was measured."""
    expected = json.loads((out / "truth.json").read_text())
    faults = []
    for keep in ("best", "last"):
        table = kleiber.read(source, keep=keep, **HOW[name])
        seeded = "seed" in expected[0]
        found = sorted((row.n, int(row.seed) if seeded and row.seed else 0, row.loss) for row in table.rows)
        single = keep if not expected[0].get("single") or name in ("tensorboard", "clearml") else "last"
        wanted = sorted((row["n"], row.get("seed", 0), row[single]) for row in expected if row[single] is not None)
        if table.metrics and next(iter(table.metrics.values())).higher_is_better:
            wanted = sorted((n, seed, 1 - value) for n, seed, value in wanted)
        if [row[:2] for row in found] != [row[:2] for row in wanted]:
            faults.append(f"{keep}: the sizes and seeds are {[row[:2] for row in found]}")
            continue
        off = max(abs(a[2] - b[2]) / abs(b[2]) for a, b in zip(found, wanted, strict=True))
        if not math.isfinite(off) or off > TOLERANCE.get(name, 1e-12):
            faults.append(f"{keep}: a value is off by {off:.2g} of itself")
    return faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
