"""W&B offline: a folder for each run, two for the one that is resumed."""

import os

os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"

import wandb

from study import RESUMED, folder, planned_truth, runs

out = folder() / "runs"
out.mkdir(exist_ok=True)
for run in runs():
    parts = [run.history]
    if (run.n, run.seed) == RESUMED:
        parts = [run.history[:4], run.history[4:]]
    for part in parts:
        config = {"data": {"n_train": run.n, "path": "/data/x"}, "seed": run.seed, "lr": 0.1}
        name, identity = f"n{run.n}-s{run.seed}", f"id{run.n}s{run.seed}"
        active = wandb.init(project="curve", dir=str(out), name=name, id=identity, resume="allow", config=config)
        for epoch, loss in part:
            active.log({"epoch": epoch, "val": {"loss": loss, "acc": 1 - loss}, "train_loss": loss / 2})
        active.finish()
crashed = wandb.init(project="curve", dir=str(out), name="crashed", config={"data": {"n_train": 100}, "seed": 9})
crashed.log({"epoch": 0, "val": {"loss": 0.001, "acc": 0.5}})
crashed.finish(exit_code=1)
planned_truth(folder())
