"""The search for hyper-parameters: Optuna, asked in the driver and told from the ledger.

A search asks in generations of a fixed size. What a generation proposes depends on the space, its own seed and the
results of earlier generations, told in trial order: never on the number of workers or on who finished first.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.records import canonical
from kleiber.space import Choice, Range, Space, parse_space, plain

QUASI = "quasi-random"  # drawn by `kleiber.study.narrowing`, without Optuna
SAMPLERS = ("random", QUASI, "tpe")
ASKED = ("random", "tpe")  # of Optuna


def ask(
    space: Space,
    sampler: str,
    *,
    seed: int,
    told: Sequence[tuple[Mapping[str, Any], float | None]] = (),
    count: int,
    first: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Give `count` proposals of one generation.

    told: earlier trials in their order, with the value that is to be small, None for one that diverged or failed.
    first: hyper-parameters that are proposed before any drawn ones, such as a neighbouring size's winner.
    """
    if sampler not in ASKED:
        raise KleiberError(f"search.sampler: unknown sampler {sampler!r}; there are {', '.join(ASKED)}")
    history = canonical([[dict(params), value] for params, value in told])
    drawn = _ask(canonical(plain(space)), sampler, seed, history, count, canonical(dict(first)) if first else "")
    return json.loads(drawn)  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def _ask(space: str, sampler: str, seed: int, told: str, count: int, first: str) -> str:
    """Ask Optuna; texts in and out, so that equal questions are asked once and 1 is not taken for 1.0."""
    optuna = _optuna()
    entries = sorted(parse_space(json.loads(space)).items())
    distributions = {name: _distribution(optuna, entry) for name, entry in entries}
    study = optuna.create_study(sampler=_sampler(optuna, sampler, seed))
    for params, value in json.loads(told):
        state = optuna.trial.TrialState.FAIL if value is None else optuna.trial.TrialState.COMPLETE
        known = {name: _inward(entry, params[name]) for name, entry in entries}
        study.add_trial(optuna.trial.create_trial(state=state, params=known, distributions=distributions, value=value))
    if first:
        study.enqueue_trial({name: _inward(entry, json.loads(first)[name]) for name, entry in entries})
    asked = [study.ask(distributions).params for _ in range(count)]
    return canonical([{name: _outward(entry, params[name]) for name, entry in entries} for params in asked])


@cache
def _optuna() -> Any:
    """Import Optuna, on a thread: it keeps the traceback of an import that failed, and so the data of all who called."""
    with plugins.needing("run", "running a study"), ThreadPoolExecutor(1) as thread:
        optuna = thread.submit(import_module, "optuna").result()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _sampler(optuna: Any, name: str, seed: int) -> Any:
    seed %= 2**32
    if name == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=8, constant_liar=True, multivariate=False)


def _distribution(optuna: Any, entry: Range | Choice) -> Any:
    if isinstance(entry, Choice):  # by index, so that values of any type are allowed
        return optuna.distributions.CategoricalDistribution(list(range(len(entry.values))))
    kind = optuna.distributions.IntDistribution if entry.integer else optuna.distributions.FloatDistribution
    return kind(entry.low, entry.high, log=entry.log)


def _inward(entry: Range | Choice, value: Any) -> Any:
    return entry.values.index(value) if isinstance(entry, Choice) else value


def _outward(entry: Range | Choice, value: Any) -> Any:
    return entry.values[value] if isinstance(entry, Choice) else value
