"""Trackio: a project in an SQLite file."""

import os
import time

from study import folder, planned_truth, runs

out = folder() / "runs"
os.environ["TRACKIO_DIR"] = str(out)
os.environ["HF_HUB_OFFLINE"] = "1"

import trackio

for run in runs():
    trackio.init(project="curve", name=f"n{run.n}-s{run.seed}", config={"n_train": run.n, "seed": run.seed}, resume="never")
    for epoch, loss in run.history:
        trackio.log({"epoch": epoch, "val": {"loss": loss}})
        time.sleep(0.01)
    trackio.finish()
planned_truth(folder())
os._exit(0)
