"""What is decided and said before a study runs: the trials that a budget buys, and what would run at what cost."""

from pathlib import Path
from typing import Any

from kleiber.command.progress import described
from kleiber.command.terminal import between, print_json, print_table, say
from kleiber.errors import KleiberError
from kleiber.study.affordable import affordable
from kleiber.study.cost import cost, seconds_left
from kleiber.study.prepare import as_begun, describe_data, prepare, settled_before, trials_before
from kleiber.trainers import paced, trainer_of
from kleiber.wording import counted, duration, trained_on


def hours(given: float | None, money: float | None, price: float | None, *, served: bool = False) -> float | None:
    """Give the hours of a budget, said as such or as money; None where it is in neither.

    served: whether a live page shows what the study costs, for which a price alone is enough.
    """
    if given is not None and not given > 0:
        raise KleiberError(f"--budget-hours: {given:g} pays for nothing; give hours above 0")
    if (money is None) != (price is None) and not (served and money is None):
        raise KleiberError("--budget-money and --price-per-hour belong together: give both")
    if money is None or price is None:
        return given
    if given is not None or not (price > 0 and money > 0):
        raise KleiberError(
            "--budget-money and --price-per-hour must be above 0, and --budget-hours is not given beside --budget-money"
        )
    return money / price


def within(study: Any, ledger: Path, trials: int | None, epochs: float | None, in_hours: float | None, device: str) -> Any:
    """Give the study with the trials that a budget buys; one that the ledger has goes on with those that it began with.

    Hours beside `trials`, or of a trainer whose pace nobody knows, choose nothing: they are a limit alone.
    """
    if epochs is not None and (trials is not None or in_hours is not None):
        raise KleiberError("--budget-epochs chooses the trials: leave out --trials, --budget-hours and --budget-money")
    searched = epochs is not None or bool(study.search.space)  # of a study without a search, epochs are refused
    if (epochs is None and in_hours is None) or trials is not None or not searched:
        return study
    begun = trials_before(study, ledger)
    if begun is not None:
        say(f"the study began with {counted(begun, 'trial')} at each size and keeps that number; --trials changes it")
        return study.changed(search={**study.search.model_dump(), "trials": begun})
    if in_hours is not None and not paced(study.trainer):
        say(
            f"the budget limits {counted(study.search.trials, 'trial')} at each size; "
            "kleiber can't time this trainer beforehand"
        )
        return study
    if in_hours is not None:
        say("timing a few training steps, to see how many trials the budget pays for")
    dataset, plan = prepare(study)
    bought = affordable(plan, dataset, epochs=epochs, hours=in_hours, device=device)
    say(
        f"the budget pays for {counted(bought, 'trial')} at each of {counted(len(plan.sizes), 'size')}, if none stops early"
    )
    return study.changed(search={**study.search.model_dump(), "trials": bought})


def fewer(study: Any, ledger: Path) -> None:
    """Say what happens where a study is searched with fewer trials than a ledger has of it."""
    begun = trials_before(study, ledger)
    trials = study.search.trials
    if study.search.space and begun is not None and trials < begun:
        measured = f"the {counted(begun, 'trial')} at each size that are measured"
        say(f"fewer than {measured}: the best of the first {trials} counts, and is trained if it was not")


def dry_run(study: Any, ledger: Path, workers: int, device: str, as_json: bool) -> None:
    """Say what a study would run and what it costs, from what the ledger has of it."""
    dataset, plan = prepare(study)
    plan = as_begun(plan, ledger)
    left = cost(plan, settled_before(study, dataset, ledger))
    seconds = seconds_left(plan, dataset, left, device)
    rows = [
        {"n": n, "trials": plan.count(n), "left": left.trials[n], "overlap": f"{plan.rungs[n, 1].overlap:.2f}"}
        for n in plan.sizes
    ]
    data = describe_data(dataset)
    own = "epochs" not in trainer_of(study.trainer).Options.model_fields  # it trains as long as its author says
    if as_json:
        epochs, examples = (None, None) if own else (study.epochs, left.examples)
        print_json({"data": data, "rungs": rows, "epochs": epochs, "examples": examples, "seconds": seconds})
        return
    print(study.name)
    for line in described(data):
        print(line)
    print_table(["n", "trials", "left", "overlap"], rows)
    stages = f", pausing after {' and '.join(map(str, study.search.stages))}" if study.search.stages else ""
    looks = "looks at the validation" if study.training.get("length") == "steps" else "epochs"
    trials = f"{counted(sum(left.trials.values()), 'trial')} left"
    long = f"of up to {study.epochs} {looks}{stages}, {left.examples:,} {trained_on(dataset.unit)} to see at most"
    print(f"{trials}; how long each trains is up to {study.trainer}" if own else f"{trials}, {long}")
    if seconds is None:
        print("time: unknown until the first trials are measured; ask again with --dry-run once some are")
        return
    source = "from a few steps timed on this machine" if left.span is None else "from the trials measured so far"
    takes = duration(seconds / workers) if left.span is None else between(left.span, workers)
    print(f"time: about {takes} with {counted(workers, 'worker')}, {source}")
