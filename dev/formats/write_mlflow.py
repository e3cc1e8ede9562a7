"""MLflow's SQLite store: a study in six epochs a run, one diverged, one resumed by its id."""

import mlflow

from study import RESUMED, folder, planned_truth, runs

out = folder() / "runs"
out.mkdir(exist_ok=True)
mlflow.set_tracking_uri(f"sqlite:///{out / 'mlflow.db'}")
mlflow.set_experiment("curve")
for run in runs():
    parts = [run.history]
    if (run.n, run.seed) == RESUMED:
        parts = [run.history[:4], run.history[4:]]
    identity = None
    for part in parts:
        with mlflow.start_run(run_id=identity, run_name=f"n{run.n}-s{run.seed}") as active:
            identity = active.info.run_id
            mlflow.log_params({"train_size": run.n, "seed": run.seed, "lr": 0.1})
            for epoch, loss in part:
                mlflow.log_metric("val_loss", loss, step=epoch)
                mlflow.log_metric("train_loss", loss / 2, step=epoch)
killed = mlflow.start_run(run_name="killed")
mlflow.log_params({"train_size": 100, "seed": 7, "lr": 0.1})
mlflow.log_metric("val_loss", 0.001, step=0)
mlflow.end_run("KILLED")
planned_truth(folder())
