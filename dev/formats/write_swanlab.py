"""SwanLab in offline mode."""

import swanlab

from study import folder, planned_truth, runs

out = folder() / "runs"
for run in runs():
    name = f"n{run.n}-s{run.seed}"
    swanlab.init(
        project="curve",
        experiment_name=name,
        logdir=str(out),
        mode="offline",
        config={"data": {"n": run.n}, "seed": run.seed},
    )
    settled = dict(run.history)  # SwanLab keeps the first value of a step
    for epoch in sorted(settled):
        swanlab.log({"val/loss": settled[epoch]}, step=epoch)
    swanlab.finish()
planned_truth(folder())
