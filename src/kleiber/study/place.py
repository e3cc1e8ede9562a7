"""Where a study runs: the executor and its options, from what was asked for, the study's own table, or neither."""

from contextlib import nullcontext
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.study.checks import executor_faults
from kleiber.study.faults import WrongStudyError
from kleiber.study.parts import Place
from kleiber.study.study import Study


def place_of(study: Study, executor: str | None, address: str | None, *, alone: bool) -> Place:
    """Give the executor with its options; nothing is started or imported.

    executor: what is asked for; the study's own otherwise, whose options hold for that executor alone. address: an option,
    as the command has it. alone: whether one worker without limits is enough. Raises `KleiberError` for a name or an option
    that there is not, and where a package is missing.
    """
    own = study.executor
    name = executor or (own.name if own else "serial" if alone else "local")
    options: dict[str, Any] = own.options if own and own.name == name else {}
    if address is not None and not takes(name, "address"):
        raise KleiberError(f"address: the executor {name!r} takes none; there are ray and dask, which do")
    table = {"name": name, **options, **({} if address is None else {"address": address})}
    if faults := list(executor_faults(table, study.written)):
        raise WrongStudyError(faults, study.written)
    with plugins.needing(name, f"the executor {name}") if name in plugins.EXTRAS else nullcontext():
        return Place(**table)


def takes(executor: str, option: str) -> bool:
    """Say whether an executor takes an option; one that is not of the folder may."""
    known = {each.name for each in plugins.options_of("executors", executor, "start")}
    return option in known or not plugins.is_own("executors", executor)
