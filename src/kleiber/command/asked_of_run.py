"""What `kleiber run` is asked besides the study, by idea: its changes, its limit, its machine, and what comes out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber import plugins
from kleiber.command.asked import Json
from kleiber.errors import KleiberError

KEYS = {
    "max_n": "--max-n", "searches": "--searches", "replicates": "--replicates", "seed": "--seed", "net": "--net",
    "name": "--study", "data": "--data", "timeout": "--timeout",
}  # fmt: skip
"""The options that change keys of a study."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be otherwise than the study's file says."""

    data: Annotated[str | None, typer.Option(help="Use this data set instead: a name, a folder of images, or a table.")] = (
        None
    )
    net: Annotated[str | None, typer.Option(help="Use this net instead: a name, or file.py:Name.")] = None
    name: Annotated[str | None, typer.Option("--study", help="The study's name in the ledger.")] = None
    max_n: Annotated[int | None, typer.Option(help="Leave out sizes above this.")] = None
    trials: Annotated[int | None, typer.Option(help="Search trials at each size.")] = None
    searches: Annotated[
        int | None, typer.Option(help="Times that each size's whole search is done, to see how much depends on its luck.")
    ] = None
    replicates: Annotated[int | None, typer.Option(help="Fresh subsets on which each size is scored.")] = None
    seed: Annotated[int | None, typer.Option(help="The seed that fixes all others.")] = None
    timeout: Annotated[float | None, typer.Option(help="Seconds after which a trial is killed.")] = None

    @property
    def typed(self) -> dict[str, str]:
        """The options that were typed, by what an error calls their keys."""
        found = {key: KEYS[key] for key in self._given}
        found |= {"[data] source": "--data"} if self.data is not None else {}
        return found | ({} if self.trials is None else {"[search] trials": "--trials"})

    def made_to(self, study: Any) -> Any:
        """Give the study with these changes."""
        given = self._given
        if self.trials is not None:
            given["search"] = {**study.search.model_dump(), "trials": self.trials}
        return study.changed(**given) if given else study

    @property
    def _given(self) -> dict[str, Any]:
        return {key: value for key in KEYS if (value := getattr(self, key)) is not None}


@dataclass(frozen=True, slots=True)
class Limit:
    """What a study may cost, in epochs, hours or money."""

    budget_epochs: Annotated[
        float | None,
        typer.Option(
            help="Choose --trials so that the study trains at most this many epochs, not counting repeats of failures."
        ),
    ] = None
    budget_hours: Annotated[
        float | None,
        typer.Option(
            help="Stop when one worker has used this many hours in all, earlier runs included. Without --trials the hours "
            "also set the number of trials, if kleiber can time the trainer."
        ),
    ] = None
    budget_money: Annotated[
        float | None, typer.Option(help="The same limit in money: the hours are this divided by --price-per-hour.")
    ] = None
    price_per_hour: Annotated[
        float | None, typer.Option(help="Price of an hour of one worker. With --serve it shows what the study costs.")
    ] = None

    @property
    def typed(self) -> dict[str, str]:
        """The option that an error on the budget is about."""
        if self.budget_epochs is not None:
            return {"budget": "--budget-epochs"}
        return {"budget": "--budget-hours" if self.budget_money is None else "--budget-money"}

    def hours(self, *, served: bool) -> float | None:
        """Give the hours, said as such or as money; None where it is in neither."""
        from kleiber.command import before_run

        return before_run.hours(self.budget_hours, self.budget_money, self.price_per_hour, served=served)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where trials run, and how many at once."""

    workers: Annotated[int, typer.Option(min=1, help="Trials to run at the same time.")] = 1
    executor: Annotated[
        str | None, typer.Option(help="Where trials run: serial, local, ray, dask, slurm, or another package's.")
    ] = None
    address: Annotated[str | None, typer.Option(help="The cluster's address, for --executor ray or dask.")] = None
    device: Annotated[str, typer.Option(help="PyTorch's device: cpu, cuda, cuda:1, mps.")] = "cpu"
    pack: Annotated[
        int | None,
        typer.Option(min=1, help="Trials that a worker trains in one pass. Default: whatever is faster on the device."),
    ] = None

    def check(self) -> None:
        """Raise `KleiberError` where there is no such executor, or its package is missing."""
        if self.executor is not None:
            try:
                plugins.load("executors", self.executor)
            except KleiberError as error:
                raise KleiberError(f"--executor: {error}") from error

    @property
    def typed(self) -> dict[str, str]:
        """The options that were typed, by what an error calls their keys."""
        found = {} if self.executor is None else {"[executor] name": "--executor"}
        return found | ({} if self.address is None else {"[executor] address": "--address", "address": "--address"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is done and shown."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would run and what it costs, without running it.")
    ] = False
    preview: Annotated[
        bool,
        typer.Option(
            "--preview", help="Draw the curve with a fast learner, mostly within a minute, without running the study."
        ),
    ] = False
    out: Annotated[Path | None, typer.Option(help="Folder for the report. Default: kleiber-<study>.")] = None
    export_subsets: Annotated[
        Path | None, typer.Option(help="Also write the list of examples in each subset to this folder.")
    ] = None
    serve: Annotated[bool, typer.Option("--serve", help="Show the study as a live page in the browser while it runs.")] = (
        False
    )
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also show the log.")] = False
    as_json: Json = False
