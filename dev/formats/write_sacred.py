"""Sacred with its FileStorageObserver."""

from sacred import Experiment
from sacred.observers import FileStorageObserver

from study import folder, planned_truth, runs

out = folder() / "runs"
for run in runs():
    ex = Experiment("curve", save_git_info=False)
    ex.observers.append(FileStorageObserver(str(out)))
    ex.add_config(data={"n_train": run.n}, seed=run.seed)

    @ex.main
    def main(_run, history=run.history):
        for epoch, loss in history:
            _run.log_scalar("val.loss", loss, epoch)
        return history[-1][1]

    ex.run(options={"--loglevel": "ERROR", "--capture": "no"})
planned_truth(folder())
