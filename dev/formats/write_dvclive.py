"""DVCLive: a folder for each run; the one that is resumed goes on with resume=True."""

import os

from study import RESUMED, folder, planned_truth, runs

os.environ["DVC_NO_ANALYTICS"] = "true"
from dvclive import Live

out = folder() / "runs"
out.mkdir(exist_ok=True)
os.chdir(out)
for run in runs():
    parts = [run.history]
    if (run.n, run.seed) == RESUMED:
        parts = [run.history[:4], run.history[4:]]
    for i, part in enumerate(parts):
        with Live(
            dir=f"n{run.n}-s{run.seed}", resume=i > 0, save_dvc_exp=False, dvcyaml=None, monitor_system=False
        ) as live:
            if i == 0:
                live.log_params({"n": run.n, "seed": run.seed})
            for epoch, loss in part:
                live.step = epoch
                live.log_metric("val/loss", loss)
                live.make_summary()
planned_truth(folder())
