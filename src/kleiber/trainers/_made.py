"""The model that a study's `module` names: made afresh for each trial, by the user's own class or function."""

import functools
import inspect
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError


def called(
    reference: str, function: Any, params: Mapping[str, Any], *, all_of_them: bool = False
) -> tuple[Any, dict[str, Any]]:
    """Call what makes a model with those parameters that it names; give what it made, and the parameters that are left.

    all_of_them: whether a function that ends with `**name` takes those that it does not name. Raises `KleiberError`, with
    the line of the user's file, for whatever the function raises.
    """
    try:
        known = dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        known = {}
    every = all_of_them and any(each.kind is each.VAR_KEYWORD for each in known.values())
    own = {key: value for key, value in params.items() if key in known or every}
    try:
        made = function(**own)
    except Exception as error:
        given = f" with {own}" if own else ""
        said = f"{type(error).__name__}: {error}{line_of(reference, error)}"
        raise KleiberError(f"module: {reference} can't be made{given}: {said}") from error
    return made, {key: value for key, value in params.items() if key not in own}


def fresh(reference: str, params: Mapping[str, Any], how: str) -> tuple[Any, dict[str, Any]]:
    """Make the model of a reference, as `called` does; raises `KleiberError` for one that is made already.

    how: the line that names a model as it should be.
    """
    if ":" not in reference:
        raise KleiberError(f"module: {reference!r} is no place of a model. Name its class, or a function:  {how}")
    function = plugins.load_attribute(reference)
    if not isinstance(function, type | functools.partial) and not inspect.isroutine(function):
        raise KleiberError(
            f"module: {reference} is a {type(function).__name__} that is made already, and every trial would go on from "
            f"its weights. Name its class, or a function that makes it:  {how}"
        )
    return called(reference, function, params, all_of_them=True)


def refuse_same(one: Any, another: Any, reference: str) -> None:
    """Refuse a function that gives one model each time: a trial would go on from the weights of the one before."""
    if one is another:
        raise KleiberError(f"module: {reference} gives the same model each time it is called; let it make a new one")


def refuse_unknown(rest: Mapping[str, Any], reference: str, besides: str = "") -> None:
    """Refuse hyper-parameters that nothing takes. besides: what takes some, beside the function."""
    if rest:
        name = next(iter(rest))
        known = list(inspect.signature(plugins.load_attribute(reference)).parameters)
        takes = f"takes {', '.join(known)}" if known else "takes none"
        raise KleiberError(f"[params] {name}: {reference.rpartition(':')[2]} {takes}{besides}; remove or rename it")


def refuse_arguments(arguments: Mapping[str, Any], function: Callable[..., Any], what: str) -> None:
    """Refuse arguments that a framework's function does not take. what: the function, as its documentation names it."""
    known = inspect.signature(function).parameters
    if unknown := sorted(arguments.keys() - known.keys()):
        raise KleiberError(f"[training.arguments] {unknown[0]}: {what} has no such argument; remove or rename it")


def batch_of(params: Mapping[str, Any], batch: int) -> int:
    """Give the examples of a batch: the hyper-parameter `batch_size`, or else the study's; `KleiberError` for no count."""
    found = params.get("batch_size", batch)
    if isinstance(found, bool) or not isinstance(found, int | float) or found != int(found) or found < 1:
        raise KleiberError(f"[params] batch_size: {found!r} is no number of examples; give a whole number from 1 up")
    return int(found)


def refuse_untrained(name: str, before: Collection[Any], after: Collection[Any]) -> None:
    """Refuse a model whose weights, arrays or tensors in one order, are after training what they were before."""
    if before and all(bool((one == another).all()) for one, another in zip(before, after, strict=True)):
        raise KleiberError(
            f"module: training changed no weight of {name}. Look at its learning rate, its optimizer, and what a training "
            "step returns"
        )


@contextmanager
def first_answer(reference: str, part: Any) -> Iterator[None]:
    """Let a model answer its first few examples; `KleiberError`, with the line of the user's file, where it can't."""
    try:
        yield
    except KleiberError:
        raise
    except Exception as error:
        given = "texts" if part.texts is not None else f"the shape {part.x.shape[1:]}"
        raise KleiberError(
            f"module: {reference} gives a model that can't answer {len(part)} examples of {given}: "
            f"{type(error).__name__}: {error}{line_of(reference, error)}"
        ) from error


def line_of(reference: str, error: Exception) -> str:
    """Say on which line of the user's file something was raised; empty where on none of it."""
    file = Path(reference.rpartition(":")[0])
    frames = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).name == file.name]
    return f" ({file.name}, line {frames[-1].lineno})" if frames else ""
