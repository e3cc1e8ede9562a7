"""MLflow's file store, whose n is that of the training data set."""

import os

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

import mlflow
import numpy as np

from study import folder, planned_truth, runs

out = folder() / "mlruns"
mlflow.set_tracking_uri(out.as_uri())
mlflow.set_experiment("curve")
for run in runs():
    with mlflow.start_run(run_name=f"s{run.seed} of {run.n}"):
        mlflow.log_param("seed", run.seed)
        data = mlflow.data.from_numpy(np.zeros((run.n, 2)), targets=np.zeros(run.n))
        mlflow.log_input(data, context="training")
        mlflow.log_input(mlflow.data.from_numpy(np.ones((50, 2))), context="validation")
        for epoch, loss in run.history:
            mlflow.log_metric("val/loss", loss, step=epoch)
planned_truth(folder())
