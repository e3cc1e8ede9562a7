"""What is decided and said before a study runs: the trials that a budget buys, and what would run at what cost."""

from pathlib import Path
from typing import Any

from kleiber.command.progress import described, duration
from kleiber.command.terminal import print_json, print_table, say
from kleiber.errors import KleiberError
from kleiber.study.affordable import affordable
from kleiber.study.cost import cost, seconds_left
from kleiber.study.prepare import as_begun, describe_data, prepare, settled_before, trials_before


def hours(given: float | None, money: float | None, price: float | None) -> float | None:
    """Give the hours of a budget, said as such or as money; None where it is in neither."""
    if (money is None) != (price is None):
        raise KleiberError("--budget-money and --price-per-hour belong together: give both")
    if money is None or price is None:
        return given
    if given is not None or price <= 0:
        raise KleiberError("--price-per-hour must be above 0, and --budget-hours is not given beside --budget-money")
    return money / price


def within(study: Any, ledger: Path, trials: int | None, epochs: float | None, in_hours: float | None, device: str) -> Any:
    """Give the study with the trials that a budget buys; one that the ledger has goes on with those that it began with."""
    if trials is not None:
        raise KleiberError("--trials is a budget too: give it, or one of the --budget options")
    begun = trials_before(study, ledger)
    if begun is not None:
        say(f"the budget bought {begun} trials at each size when this study began; it goes on with them")
    else:
        dataset, plan = prepare(study)
        begun = affordable(plan, dataset, epochs=epochs, hours=in_hours, device=device)
        say(f"the budget buys {begun} trials at each of {len(plan.sizes)} sizes, if all run as long as they may")
    return study.changed(search={**study.search.model_dump(), "trials": begun})


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
    if as_json:
        print_json({"data": data, "rungs": rows, "epochs": study.epochs, "examples": left.examples, "seconds": seconds})
        return
    print(study.name)
    for line in described(data):
        print(line)
    print_table(["n", "trials", "left", "overlap"], rows)
    stages = f", pausing after {' and '.join(map(str, study.search.stages))}" if study.search.stages else ""
    looks = "looks at the validation" if study.training.get("length") == "steps" else "epochs"
    print(
        f"{sum(left.trials.values())} trials left, of up to {study.epochs} {looks}{stages}, "
        f"{left.examples:,} training examples to see at most"
    )
    if seconds is None:
        print("time: unknown until the first trials are measured; ask again with --dry-run once some are")
        return
    source = "from a few steps timed on this machine" if left.seconds is None else "from the trials measured so far"
    print(f"time: about {duration(seconds / workers)} with {workers} workers, {source}")
