"""How many examples each run was trained on: by the names of parameters in a stated order, and said; else it is asked.

The order: a number of examples (`n`, `train_size`, ...), what the source itself counted, batches x batch size, a share of
the pool. A name's number, a pattern in a run's name and a table of the runs' sizes count only where somebody gives them.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kleiber.errors import KleiberError
from kleiber.importers import _by_name, _roles, _sizes
from kleiber.importers._cells import typed
from kleiber.wording import agreed, counted

_COUNTS = (
    "n n_train train_size num_train_samples n_samples num_samples train_samples max_train_samples "
    "n_train_samples num_train num_train_examples n_train_examples max_train_examples train_examples n_examples "
    "num_examples training_samples training_examples training_size train_set_size trainset_size train_n ntrain "
    "num_training_samples subset_size sample_size samples examples n_data num_data data_size dataset_size "
    "training_set_size n_images num_images limit_train_samples max_samples train_limit n_labeled num_labeled "
    "n_labels num_labels_used n_k n_thousands"
)
_SHARES = (
    "fraction train_fraction data_fraction train_frac data_frac frac subset_fraction subset_frac "
    "dataset_fraction sample_fraction training_fraction share data_share train_share train_ratio data_ratio "
    "subset_ratio subset train_percent data_percent percent train_pct pct limit_train_batches"
)
COUNTS, SHARES = _COUNTS.split(), _SHARES.split()
BATCHES = ("limit_train_batches", "n_batches", "num_train_batches")
BATCH = ["batch_size", "train_batch_size", "per_device_train_batch_size", "bs", "batchsize"]
MOST = 1e12
ALL_RUNS = "Name the folder that holds the runs of all sizes."
NAMED = re.compile(r"(?<![A-Za-z])(?:n|train|size|samples)[-_=]?(\d{1,12}[kKmM]?)(?![\d.])")


@dataclass(frozen=True, slots=True)
class Examples:
    """Each run's number, None where it has none; `unit` is what they count, `name` the parameter, `notes` say how."""

    n: Sequence[float | None]
    name: str
    unit: str | None
    notes: tuple[str, ...]


def simple(key: str) -> str:
    """Give the last part of a parameter's name, as names are compared: "data.nTrain" is n_train."""
    return _roles.plain(key)


def size_of(value: Any) -> float | None:
    """Give a parameter as a size: 50, "50", 50.0, "10k" and "10%" are sizes; a text or a negative number is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        told = _sizes.suffixed(text)
        if told is None:
            try:
                told = float(text.replace("_", ""))
            except ValueError:
                return None
        value = told
    if not isinstance(value, int | float) or not 0 < value < MOST:
        return None
    return float(value)


def found(
    params: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    places: Sequence[str],
    counted: Sequence[tuple[float, str] | None],
    *,
    asked: str | None,
    pool: float | None,
    place: str,
) -> Examples:
    """Find the sizes of runs; `pool` turns shares into examples.

    `asked` is a parameter, `name:REGEX` with one group, or a CSV file with the columns run and n.

    Raises `KleiberError` with the parameters that there are where none fits, or several disagree.
    """
    if asked is not None:
        given, name, said = _asked(params, names, places, asked, place)
        return _read(given, name, pool, place, said)
    for given, name, told in _offers(params, counted, pool, place):
        _require_one_unit(name, given, place)
        return _read(given, name, pool, place, (told,) if told else ())
    raise KleiberError(
        f"{place}: no parameter of the runs looks like a number of training examples. {_ways(params, names)}"
    )


def _asked(
    params: Sequence[Mapping[str, Any]], names: Sequence[str], places: Sequence[str], asked: str, place: str
) -> tuple[list[float | None], str, tuple[str, ...]]:
    if asked.startswith(_by_name.PREFIX):
        parts, where = _by_name.of_pattern(asked, names, places, "n", place)
        return _sized(parts, asked, place), "n", (f"n is a part of the {where}",)
    if asked.endswith(".csv") and not keys_of(params, asked):
        parts = _by_name.of_table(asked, names, place)
        return _sized(parts, asked, place), "n", (f"n is that of {asked}",)
    keys = keys_of(params, asked)
    if not keys:
        there = ", ".join(sorted({key for one in params for key in one})[:30]) or "none"
        raise KleiberError(f"{place}: n={asked!r}: there is no such parameter; there are {there}")
    told = [next((one[key] for key in keys if key in one), None) for one in params]
    return _sized(told, asked, place), keys[0], ()


def _sized(told: Sequence[Any], asked: str, place: str) -> list[float | None]:
    """Give each as a size; raises `KleiberError` where none is one."""
    given = [size_of(each) for each in told]
    if not any(given):
        bad = next((each for each in told if each not in (None, "")), "")
        raise KleiberError(f"{place}: n='{asked}': '{str(bad)[:40]}' is no number of examples")
    return given


def _require_one_unit(name: str, given: Sequence[float | None], place: str) -> None:
    """Raise `KleiberError` where some sizes of a parameter that nobody named may be thousands, and others not."""
    jump = _sizes.jump(np.array(_there(given)))
    if jump is not None:
        named, left_out = typed("--n", name), typed("--leave-out", f"n<{jump[1]:.0f}")
        raise KleiberError(
            f"{place}: {name!r} has sizes up to {jump[0]:,.6g} and from {jump[1]:,.6g}, and none between: are the small "
            f"ones thousands? If all are examples, write {named}. If not, add {left_out} to it"
        )


def keys_of(params: Sequence[Mapping[str, Any]], asked: str) -> list[str]:
    """Give the parameters that somebody names: the whole name, else its last part."""
    every = list(dict.fromkeys(key for one in params for key in one))
    return [key for key in every if key == asked] or [key for key in every if key.rpartition(".")[2] == asked]


def _offers(
    params: Sequence[Mapping[str, Any]], counted: Sequence[tuple[float, str] | None], pool: float | None, place: str
) -> Any:
    """Give sizes by each way that there is, in the stated order: their numbers, the name, and a sentence."""
    offers = {key: given for order in COUNTS for key, given in _of_name(params, order) if max(_there(given)) > 1}
    yield from _agreed(offers, place)
    own = [None if each is None else each[0] for each in counted]
    if _enough(own):
        how = next(each[1] for each in counted if each is not None)
        yield own, "n", f"n is {how}"
    batches = {key: given for name in BATCHES for key, given in _of_name(params, name) if min(_there(given)) > 1}
    sizes = {key: given for name in BATCH for key, given in _of_name(params, name, fixed=True)}
    if batches and sizes:
        (one, many), (two, each) = next(iter(batches.items())), next(iter(sizes.items()))
        product = [a * b if a and b else None for a, b in zip(many, each, strict=True)]
        yield product, "n", f"n is {one!r} x {two!r}, and can be less where the last batch is not full"
    shares = {key: given for order in (*COUNTS, *SHARES) for key, given in _of_name(params, order) if _is_share(key, given)}
    yield from _agreed(shares, place)


def _is_share(key: str, given: Sequence[float | None]) -> bool:
    most, least = max(_there(given)), min(_there(given))
    mixed = least < 1 and simple(key) in SHARES  # fractions beside percentages, which are asked about
    return most <= 1 or (mixed and most <= 100) or (most <= 100 and bool(_sizes.PERCENT & set(simple(key).split("_"))))


def _agreed(offers: Mapping[str, list[float | None]], place: str) -> Any:
    """Give the first parameter; raises `KleiberError` where two say different sizes, unless the first is called n."""
    if not offers:
        return
    first, given = next(iter(offers.items()))
    for key, other in offers.items():
        pairs = [(a, b) for a, b in zip(given, other, strict=True) if a and b]
        ratios = {round(a / b, 9) for a, b in pairs}
        if len(ratios) > 1 or (simple(first) != "n" and ratios != {1.0}):
            a, b = next(((a, b) for a, b in pairs if a != b), pairs[0])
            raise KleiberError(
                f"{place}: {first!r} and {key!r} both look like the number of training examples ({a:g} and {b:g} in one "
                f"run). Write {typed('--n', first)} or {typed('--n', key)}"
            )
    yield given, first, ""


def _of_name(params: Sequence[Mapping[str, Any]], name: str, *, fixed: bool = False) -> Any:
    """Give each parameter of a simple name that varies over the runs, with its sizes."""
    keys = dict.fromkeys(key for one in params for key in one if simple(key) == name)
    for key in keys:
        given = [size_of(one.get(key)) for one in params]
        if _enough(given, fixed=fixed):
            yield key, given


def _there(given: Sequence[float | None]) -> list[float]:
    return [n for n in given if n is not None]


def _enough(given: Sequence[float | None], *, fixed: bool = False) -> bool:
    """Say whether sizes may be those of a study: of half the runs at least, and more than one where there are several."""
    there = _there(given)
    varied = fixed or len(set(there)) > 1 or len(given) == 1
    return 2 * len(there) >= len(given) and bool(there) and varied


def _read(given: Sequence[float | None], name: str, pool: float | None, place: str, said: tuple[str, ...]) -> Examples:
    """Turn shares into examples, thousands into ones; raises `KleiberError` where sizes are of two kinds."""
    there = np.array(_there(given))
    small, large = there[there < 1], there[there > 1]
    if len(small) and len(large) and simple(name) in SHARES and large.max() <= 100:
        raise KleiberError(
            f"{place}: {name!r} has fractions such as {small[0]:g} and numbers such as {large[0]:g}, which may be "
            f"percentages. Write {typed('--n', 'sizes.csv')} with a table of the columns run and n"
        )
    if len(small) and len(large) and pool is None:
        a, b = (Counter(part.tolist()).most_common(1)[0][0] for part in (small, large))
        raise KleiberError(
            f"{place}: {name!r} has shares such as {a:g} and numbers such as {b:g}. Write --pool with the number of "
            f"examples of which the shares are"
        )
    if len(small) and len(large) and pool is not None:
        sizes = np.where(there < 1, np.maximum(np.rint(there * pool), 1), there)
        unit, notes = None, [_read_as_shares(len(small), name, pool)]
    else:
        sizes, unit, notes = _sizes.read(name, there, None, pool, place)
        notes = [] if unit in _sizes.SHARES else notes  # which is said of the table then
    many = len(set(sizes.tolist()))
    span = f"{sizes.min():,.6g} to {sizes.max():,.6g}" if many > 1 else f"{sizes[0]:,.6g}"
    told = [f"{said[0] if said else f'n is {name!r}'}: {counted(many, 'size')}, {span}."]
    each = iter(sizes.tolist())
    return Examples([None if n is None else next(each) for n in given], name, unit, (*told, *notes))


def _read_as_shares(many: int, name: str, pool: float) -> str:
    were = agreed("was", one=many == 1)
    read = "a share" if many == 1 else "shares"
    return f"{counted(many, 'size')} below 1 in {name!r} {were} read as {read} of {counted(pool, 'example')}."


def _ways(params: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Say how to name the sizes, with what the runs have."""
    if len(names) == 1:
        return f"This is one run, and a curve needs several sizes. {ALL_RUNS}"
    if len([name for name in names if NAMED.search(name)]) > len(names) / 2:
        shown = next(name for name in names if NAMED.search(name))
        letters = NAMED.search(shown)
        before = "" if letters is None else letters[0][: letters.start(1) - letters.start()]
        pattern = typed("--n", f"name:{re.escape(before)}(\\d+)")
        return f"Run names have one, such as {shown!r}: write {pattern}"
    varied = sorted({key for one in params for key in one if len({str(each.get(key)) for each in params}) > 1})
    there = f"the parameters that vary are {', '.join(varied[:20])}" if varied else "no parameter varies"
    called = ", ".join(map(repr, dict.fromkeys(names[:3])))
    return (
        f"Write --n with its name, or --n 'name:REGEX' for a part of the run's name; {there}. Runs are called {called}. "
        "If neither tells the sizes, write --n sizes.csv with a table of the columns run and n"
    )
