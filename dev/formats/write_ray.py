"""Ray Tune: a grid of sizes and seeds, one trial that reports NaN, one that is tried again."""

import os

os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["RAY_CHDIR_TO_TRIAL_DIR"] = "0"

import ray
from ray import tune

from study import RESUMED, folder, planned_truth, runs

out = folder().resolve()
planned = {(run.n, run.seed): dict(run.history) for run in runs()}


def train(config):
    """Report what was planned; the trial that is tried again reported other values before it broke."""
    first = out / "tried"
    if (config["data"]["n"], config["seed"]) == RESUMED and not first.exists():
        first.touch()
        for epoch in range(3):
            tune.report({"val": {"loss": 0.001}, "epoch": epoch})
        raise OSError("the machine was taken away")
    for epoch, loss in sorted(planned[config["data"]["n"], config["seed"]].items()):
        tune.report({"val": {"loss": loss}, "epoch": epoch})


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
tune.Tuner(
    train,
    param_space={"data": {"n": tune.grid_search([100, 200, 400, 800, 1600])}, "seed": tune.grid_search([0, 1])},
    run_config=tune.RunConfig(
        storage_path=str(out / "runs"), name="curve", verbose=0, failure_config=tune.FailureConfig(max_failures=1)
    ),
).fit()
ray.shutdown()
planned_truth(out)
