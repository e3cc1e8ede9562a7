"""What trains: each file of this folder is a trainer, and anybody's decorated function is one too.

A trainer's file has `Options`, a pydantic model of the `[training]` table of a study, and `train(task, options)`, which
gives an `Outcome`. Where it has `check(study)` too, that refuses, before anything runs, what it could not train. A heavy
library is imported by these calls and not by the file, which the driver reads too: `get_ready(reference)` imports it in a
worker that starts, and `imports(reference)` names it. A trainer sees one task at a time and knows nothing of studies,
ledgers or workers.
"""

from kleiber.trainers._away import Away, bring_home, luggage, perform_away
from kleiber.trainers._function import trainer
from kleiber.trainers._job import (
    Check,
    Job,
    check_prepared,
    check_study,
    checkpoint_of,
    get_ready,
    imports,
    pace,
    paced,
    pack_key,
    pack_size,
    passes,
    perform,
    perform_together,
    rehearses,
    trainer_of,
)
from kleiber.trainers._task import Diverged, Outcome, Task
from kleiber.trainers._told import Epoch

__all__ = [
    "Away",
    "Check",
    "Diverged",
    "Epoch",
    "Job",
    "Outcome",
    "Task",
    "bring_home",
    "check_prepared",
    "check_study",
    "checkpoint_of",
    "get_ready",
    "imports",
    "luggage",
    "pace",
    "pack_key",
    "pack_size",
    "paced",
    "passes",
    "perform",
    "perform_away",
    "perform_together",
    "rehearses",
    "trainer",
    "trainer_of",
]
