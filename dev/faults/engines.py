"""What `make engines` kills under a study, as one check of the campaign (W07)."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def killed(folder: Path, short: bool) -> str:
    """Kill workers, nodes, schedulers and drivers of Ray, Dask and submitit; the short form takes Dask alone."""
    names = ["dask"] if short else ["ray", "dask", "slurm"]
    line = [sys.executable, "-m", "dev.engines", *names]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))}
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, env=env)
    said = ended.stdout.splitlines()
    wrong = [each for each in said if each.startswith("FAIL")]
    assert ended.returncode == 0 and not wrong, "; ".join(wrong) or (ended.stdout + ended.stderr)[-2000:]
    good = sum(each.startswith("ok") for each in said)
    return (
        f"{good} checks on {', '.join(names)} (`make engines`): kills of workers, nodes, schedulers and drivers, Ctrl-C "
        "and SIGTERM. No acknowledged trial is lost, none has two results, and no kill counts as an error of the user's"
    )
