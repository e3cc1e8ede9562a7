"""Estimators as a study needs them: made afresh, with the trial's hyper-parameters and seed, on one thread.

An estimator is scikit-learn's by its manners (`fit`, `get_params`), whoever wrote it: XGBoost, LightGBM, skorch.
"""

import difflib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
from sklearn.base import clone

from kleiber import plugins
from kleiber.datasets._cache import cache_folder
from kleiber.errors import KleiberError
from kleiber.nets._place import Pickler, is_library, place, write
from kleiber.records import digest
from kleiber.trainers import _made

ONE_THREAD = ("n_jobs", "nthread", "num_threads", "thread_count")
SEEDS = ("random_state", "random_seed")
GREEDY = ("xgboost", "lightgbm", "catboost")  # packages that take every core where nobody says how many
QUIET = {"lightgbm": -1, "skorch": 0}  # what `verbose` has to be for nothing to be printed, by package
_TEMPLATE = '''"""The estimator {name}, given to kleiber.Study: each trial takes a clone of it."""

from kleiber.trainers._estimator import restored

STRUCTURE = "{structure}"
{name} = restored(__file__)
'''


def make(reference: str, params: Mapping[str, Any], seed: int) -> Any:
    """Make the estimator of a reference afresh, with its parameters set, its seeds the trial's, and one thread.

    reference: `file.py:name` or `package.module:name` of an estimator, of its class, or of a function that makes it, which
    is given those parameters that it names. Raises `KleiberError` where it can't be made, and for a parameter that there is
    not.
    """
    thing = plugins.load_attribute(reference)
    estimator, rest = _made.called(reference, thing, params) if callable(thing) else (thing, dict(params))
    if not hasattr(estimator, "fit"):
        raise KleiberError(
            f"module: {reference} gives a {type(estimator).__name__}, which has no fit(X, y); give a scikit-learn estimator"
        )
    if not hasattr(estimator, "get_params"):
        if rest:
            raise KleiberError(f"[params] {next(iter(rest))}: {reference} has no get_params(), so nothing can be set")
        return estimator
    _refuse_trained_module(estimator)
    fresh = clone(estimator)
    known = fresh.get_params(deep=True)
    if unknown := sorted(rest.keys() - known.keys()):
        close = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.4)
        near = f"; did you mean {close[0]!r}?" if close else f"; it takes {', '.join(sorted(known)[:20])}"
        raise KleiberError(f"[params] {unknown[0]}: {type(fresh).__name__} has no such parameter{near}")
    fresh.set_params(**rest)
    return _settled(fresh, seed)


def reference_of(estimator: Any) -> str:
    """Keep an estimator without what it learnt in the user's cache, and give the `file.py:name` of a file that makes it."""
    name = type(estimator).__name__
    fresh = clone(estimator)
    try:
        structure = digest([joblib.hash(fresh), _codes(fresh)])
        file = (
            cache_folder("estimators") / structure[:16] / f"{name}.py"
        )  # the file's name is the model's in all that is told
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".pkl")
        with draft.open("wb") as stream:
            Pickler(stream).dump(fresh)
    except (pickle.PicklingError, TypeError, AttributeError, OSError) as error:
        why = str(error.args[0] if error.args else error)[:200]
        raise KleiberError(
            f'module: {name} can\'t be sent to workers ({why}). Give a function that makes it: module = "mine.py:make"'
        ) from error
    write(file, _TEMPLATE.format(name=name, structure=structure).encode())
    return f"{file}:{name}"


def restored(file: str) -> Any:
    """Give the estimator that is kept beside a file."""
    return joblib.load(Path(file).with_suffix(".pkl"))


def deep(estimator: Any) -> dict[str, Any]:
    """Give all parameters of an estimator and of those within it; none where it has no such list."""
    return dict(estimator.get_params(deep=True)) if hasattr(estimator, "get_params") else {}


def inner_split(estimator: Any, n: int) -> str:
    """Say that an estimator takes examples for a validation set of its own; empty where it does not, by its parameters."""
    values = deep(estimator)
    for name, value in values.items():
        if name.rpartition("__")[2] == "early_stopping" and (value is True or (value == "auto" and n > 10_000)):
            share = values.get(f"{name.removesuffix('early_stopping')}validation_fraction")
            if isinstance(share, float):
                began = ", which begins above 10,000 examples" if value == "auto" else ""
                return f"{name}{began}: {round(share * n):,} of the {n:,} examples are its own validation set"
        if name.rpartition("__")[2] == "train_split" and value is not None:  # of skorch
            return f"{name}: some of the {n:,} examples are its own validation set; set it to None to train on all"
    return ""


def _settled(estimator: Any, seed: int) -> Any:
    """Set seeds, threads and silence at every depth."""
    values = estimator.get_params(deep=True)
    wanted: dict[str, Any] = {}
    for prefix, inner in [("", estimator), *((f"{name}__", each) for name, each in values.items())]:
        if isinstance(inner, type) or not hasattr(inner, "set_params"):
            continue
        package = type(inner).__module__.partition(".")[0]
        own = inner.get_params(deep=False)
        if package == "lightgbm" or (package in QUIET and "verbose" in own):  # LightGBM takes it without listing it
            wanted[f"{prefix}verbose"] = QUIET[package]
        for last, value in own.items():
            if last in SEEDS:
                wanted[prefix + last] = seed % 2**31  # XGBoost and LightGBM take no more
            elif last in ONE_THREAD and (package in GREEDY or (isinstance(value, int) and value != 1)):
                wanted[prefix + last] = 1
    return estimator.set_params(**wanted)


def _refuse_trained_module(estimator: Any) -> None:
    """Refuse a skorch net around a module that is made already: fit and clone would keep its weights."""
    for each in (estimator, *deep(estimator).values()):
        module = getattr(each, "module", None)
        of_skorch = any(kind.__module__.startswith("skorch.") for kind in type(each).__mro__)
        if of_skorch and module is not None and not isinstance(module, type):
            raise KleiberError(
                "module: a skorch net holds a module that is made already, whose weights every trial would go on from. "
                "Give its class, module=Net, and its settings as module__width=16"
            )


def _codes(estimator: Any) -> dict[str, str]:
    """Give the hash of the source of each class of the user's own within an estimator."""
    kinds = {type(each) for each in (estimator, *deep(estimator).values())}
    own = sorted((kind for kind in kinds if not is_library(kind.__module__)), key=lambda kind: kind.__qualname__)
    return {kind.__qualname__: plugins.source_digest(place(kind)) for kind in own}
