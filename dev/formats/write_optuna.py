"""Optuna: the same study in SQLite and in a journal; one trial pruned, one failed by NaN."""

import math

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from study import folder, planned_truth, runs, truth

optuna.logging.set_verbosity(optuna.logging.ERROR)
out = folder() / "runs"
out.mkdir(exist_ok=True)
for storage in (f"sqlite:///{out / 'optuna.db'}", JournalStorage(JournalFileBackend(str(out / "journal.log")))):
    study = optuna.create_study(study_name="curve", storage=storage, direction="minimize")
    for run in runs():
        trial = study.ask()
        trial.suggest_categorical("net", ["mlp"])
        trial.set_user_attr("n", run.n)
        trial.set_user_attr("seed", run.seed)
        for epoch, loss in run.history:
            trial.report(loss, epoch)
        last = truth(run.history)[1]
        study.tell(trial, math.nan if last is None else last)
    trial = study.ask()
    trial.set_user_attr("n", 100)
    trial.report(0.001, 0)
    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
planned_truth(folder(), single=True)
