"""Measurements of one model and metric against training-set size, ready to be fitted.

A curve is built from score trials alone. Rows of one size with different replicates are different subsets; several
seeds on one subset are averaged before anything else, since they share the subset's own noise.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber.curves import copies
from kleiber.curves.sizes import Sizes as Sizes
from kleiber.curves.sizes import by_size, frozen
from kleiber.errors import KleiberError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Caution:
    """A stable code and a sentence: what a reader of the forecast has to know."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Loss against size: `n (m,)` rising, `loss (m,)` lower is better, labels of subset and seed `(m,)`.

    `se (m,)` is the standard error of each row, `chance` the loss of guessing, `n_test` the size of the test set, which
    is kept and widens nothing (`forecast` takes its own); each is None where nobody gave it. `cautions` says what was
    found while the rows were put in order.
    """

    n: Array
    loss: Array
    replicate: tuple[str, ...]
    seed: tuple[str, ...]
    se: Array | None
    metric: str
    model: str
    chance: float | None
    n_test: int | None
    cautions: tuple[Caution, ...] = ()


class _Row(Protocol):
    @property
    def model(self) -> str: ...
    @property
    def metric(self) -> str: ...
    @property
    def n(self) -> float: ...
    @property
    def loss(self) -> float: ...
    @property
    def replicate(self) -> str | None: ...
    @property
    def seed(self) -> str | None: ...
    @property
    def se(self) -> float | None: ...


class _Table(Protocol):
    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def chance(self) -> Mapping[str, float]: ...
    @property
    def n_test(self) -> int | None: ...


def make_curve(
    n: ArrayLike,
    loss: ArrayLike,
    *,
    replicate: Iterable[Hashable] | None = None,
    seed: Iterable[Hashable] | None = None,
    se: ArrayLike | None = None,
    n_test: int | None = None,
    chance: float | None = None,
    metric: str = "loss",
    model: str = "model",
) -> Curve:
    """Put rows in order: sorted by size, repeats and copies of one run taken once, averages left to `sizes`.

    Without `replicate` each seed is taken as a subset of its own; without either, each row is. Raises `KleiberError`
    where shapes or types are wrong; a loss that no forecast can use (negative, not finite) stays in, for the forecast
    to refuse in words.
    """
    sizes_, losses = _vector(n, "n"), _vector(loss, "loss")
    errors = None if se is None else _vector(se, "se")
    replicates = None if replicate is None else _labels(replicate, "replicate")
    seeds = None if seed is None else _labels(seed, "seed")
    for name, given in (("loss", losses), ("se", errors), ("replicate", replicates), ("seed", seeds)):
        if given is not None and len(given) != len(sizes_):
            raise KleiberError(f"{name} has {len(given)} entries and n has {len(sizes_)}: give one for each row")
    errors, unknown = (None, ()) if errors is None else _standard_errors(errors)
    check_named(metric, model)
    check_test(n_test, chance)
    labelled = replicates is not None or seeds is not None
    subset = replicates or seeds or ("",) * len(sizes_)
    runs = seeds or ("",) * len(sizes_)
    if labelled:
        order = sorted(range(len(sizes_)), key=lambda i: (sizes_[i], subset[i], runs[i], losses[i], _entry(errors, i)))
    else:
        order = np.lexsort((losses if errors is None else errors, losses, sizes_)).tolist()
    kept, repeats = _take_once(order, sizes_, losses, subset, runs, labelled=labelled, seeded=seeds is not None)
    known = np.zeros(len(losses)) if errors is None else errors
    rows = list(zip(sizes_[kept].tolist(), losses[kept].tolist(), known[kept].tolist(), strict=True))
    again = copies.find(rows, [(subset[i], runs[i]) for i in kept] if labelled else None)
    kept = [i for position, i in enumerate(kept) if position not in again]
    cautions = (*unknown, *repeats, *_copied(len(again)), *([] if labelled else _unlabelled(kept, sizes_, losses)))
    if not labelled:
        subset = _numbered(kept, sizes_)
    return Curve(
        n=frozen(sizes_[kept]),
        loss=frozen(losses[kept]),
        replicate=tuple(subset[i] for i in kept),
        seed=tuple(runs[i] for i in kept),
        se=None if errors is None else frozen(errors[kept]),
        metric=metric,
        model=model,
        chance=chance,
        n_test=n_test,
        cautions=cautions,
    )


def _standard_errors(errors: Array) -> tuple[Array | None, tuple[Caution, ...]]:
    """Give standard errors that are all positive: a 0, which no measurement has, becomes the smallest that is not."""
    if not np.all(np.isfinite(errors) & (errors >= 0)):
        raise KleiberError("se must be finite and not negative in each row: leave it out where it is not known")
    zero = errors == 0
    if not zero.any():
        return errors, ()
    given = f"{zero.sum()} of {len(errors)} standard errors are 0, which no measurement has"
    if zero.all():
        return None, (Caution("zero-se", f"{given}: they were taken as not known."),)
    least = float(errors[~zero].min())
    return np.where(zero, least, errors), (
        Caution("zero-se", f"{given}: they were taken as {least:.3g}, the least given."),
    )


def check_test(n_test: object, chance: object) -> None:
    """Raise `KleiberError` where the number of test examples or the loss of guessing cannot be one."""
    if n_test is not None and not (_is_number(n_test) and 1 <= n_test < 1e15 and n_test == int(n_test)):
        raise KleiberError(f"n_test is {n_test!r}: it is the number of test examples, at least 1")
    if chance is not None and not (_is_number(chance) and 0 < chance < 1e200):
        raise KleiberError(f"chance is {chance!r}: it is the loss of guessing, a positive number")


def check_named(metric: object, model: object) -> None:
    """Raise `KleiberError` where a metric or model is no name; None is nobody's choice."""
    for what, name in (("metric", metric), ("model", model)):
        if name is not None and not isinstance(name, str):
            raise KleiberError(f"{what} is {name!r}: it is a name, as text")


def curves_of(table: _Table) -> list[Curve]:
    """Give one curve for each model and metric of an imported table, in order of first appearance."""
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in table.rows:
        groups.setdefault((row.model, row.metric), []).append(row)
    return [_curve_of(rows, table) for rows in groups.values()]


def sizes(curve: Curve) -> Sizes:
    """Give mean, spread and count of distinct subsets at each size; seeds on one subset are averaged first."""
    return by_size(curve.n, curve.loss, curve.replicate, curve.se)


def _curve_of(rows: Sequence[_Row], table: _Table) -> Curve:
    first = rows[0]

    def column(name: str) -> list[Any] | None:
        cells = [getattr(row, name) for row in rows]
        known = sum(cell is not None for cell in cells)
        if 0 < known < len(cells):
            raise KleiberError(
                f"{first.model!r}, {first.metric!r}: {name} is given in {known} of {len(cells)} rows: give "
                f"it in all or in none"
            )
        return cells if known else None

    return make_curve(
        [row.n for row in rows],
        [row.loss for row in rows],
        replicate=column("replicate"),
        seed=column("seed"),
        se=column("se"),
        n_test=table.n_test,
        chance=table.chance.get(first.metric),
        metric=first.metric,
        model=first.model,
    )


def _take_once(
    order: list[int], n: Array, loss: Array, subset: Sequence[str], runs: Sequence[str], *, labelled: bool, seeded: bool
) -> tuple[list[int], tuple[Caution, ...]]:
    """Drop repeats of one run (same size, subset and seed), which rows without labels cannot be told to be."""
    if not labelled:
        return order, ()
    kept: list[int] = []
    repeats = conflicts = 0
    for i in order:
        last = kept[-1] if kept else None
        same_run = last is not None and (n[i], subset[i], runs[i]) == (n[last], subset[last], runs[last])
        same_row = same_run and last is not None and loss[i] == loss[last]
        repeats += same_row
        conflicts += same_run and not same_row and seeded
        if not same_row:
            kept.append(i)
    cautions = []
    if repeats:
        text = "1 row repeats" if repeats == 1 else f"{repeats} rows repeat"
        cautions.append(Caution("duplicate-rows", f"{text} a run of the same size, subset and seed; each was taken once."))
    if conflicts:
        text = f"{conflicts} rows have the size, subset and seed of another row but another loss"
        cautions.append(Caution("conflicting-rows", f"{text}; their mean was taken. Check the labels."))
    return kept, tuple(cautions)


def _copied(count: int) -> Iterator[Caution]:
    if count:
        text = "1 row has" if count == 1 else f"{count} rows have"
        text += " the losses of other rows to all digits, size by size, as copies have; each was taken once"
        yield Caution("copied-runs", f"{text}. If they are runs of their own, give their losses with more digits.")


def _unlabelled(kept: Sequence[int], n: Array, loss: Array) -> Iterator[Caution]:
    """Say where rows in order are equal and nothing tells whether they are copies."""
    sizes, losses = n[kept], loss[kept]
    repeats = np.count_nonzero((sizes[1:] == sizes[:-1]) & (losses[1:] == losses[:-1]))
    if repeats:
        text = f"Rows with the same size and the same loss ({repeats} of them) were taken as separate runs"
        yield Caution("unlabelled-repeats", f"{text}; give seed or replicate if they are copies.")


def _vector(values: ArrayLike, name: str) -> Array:
    try:
        vector = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise KleiberError(f"{name} must be a sequence of numbers: {error}") from error
    if vector.ndim != 1:
        raise KleiberError(f"{name} must be one-dimensional, not of shape {vector.shape}")
    return vector


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _labels(values: Iterable[Hashable], name: str) -> tuple[str, ...]:
    """Make labels text; a whole number reads the same whether it came as 1, 1.0 or a NumPy integer."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise KleiberError(f"{name} is {values!r}: it is a sequence of labels, one for each row")
    return tuple(str(int(v)) if isinstance(v, float | np.floating) and float(v).is_integer() else str(v) for v in values)


def _numbered(kept: list[int], n: Array) -> tuple[str, ...]:
    """Number the rows of each size, so that each is a subset of its own."""
    names, seen = [""] * len(n), dict[float, int]()
    for i, size in zip(kept, n[kept].tolist(), strict=True):
        names[i] = str(seen.get(size, 0))
        seen[size] = seen.get(size, 0) + 1
    return tuple(names)


def _entry(values: Array | None, i: int) -> float:
    return 0.0 if values is None else float(values[i])
