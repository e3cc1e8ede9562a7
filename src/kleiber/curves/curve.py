"""Measurements of one model and metric against training-set size, ready to be fitted.

A curve is built from score trials alone. Rows of one size with different replicates are different subsets; several
seeds on one subset are averaged before anything else, since they share the subset's own noise.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber.curves import copies, luck, searches
from kleiber.curves.order import again_on_subset, numbered, ordered, repeated
from kleiber.curves.sizes import Sizes as Sizes
from kleiber.curves.sizes import by_size, frozen
from kleiber.errors import KleiberError
from kleiber.importers import Labels, Rows, text_of
from kleiber.metric import Metric
from kleiber.wording import counted

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Caution:
    """A stable code and a sentence: what a reader of the forecast has to know."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Loss against size: `n (m,)` rising, `loss (m,)` lower is better, labels of subset and seed `(m,)`, texts.

    `se (m,)` is the standard error of each row, `chance` the loss of guessing, `n_test` the size of the test set, which
    is kept and widens nothing (`forecast` takes its own); each is None where nobody gave it. `metric` names the loss, and
    `measured_as` is the metric that it was read from, None where that is the loss. `data` names the data set, where the
    source knows it, `unit_of_n` what sizes count, None for examples. `cautions` says what was found while the rows were
    put in order, `searched` what the searches of its sizes say of their luck, by their trials. `search_of` says which of
    several searches of its size a run is of, by the label of its seed; it is empty where each size has one.
    """

    n: Array
    loss: Array
    replicate: Sequence[str]
    seed: Sequence[str]
    se: Array | None
    metric: str
    model: str
    chance: float | None
    n_test: int | None
    cautions: tuple[Caution, ...] = ()
    unit_of_n: str | None = None
    measured_as: Metric | None = None
    data: str | None = None
    searched: tuple[luck.Found, ...] = ()
    search_of: Mapping[str, int] = field(default_factory=dict)

    @property
    def scale(self) -> Metric:
        """Give the metric in which a person reads this curve."""
        return self.measured_as or Metric.of_loss(self.metric)


class _Table(Protocol):
    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def chance(self) -> Mapping[str, float]: ...
    @property
    def n_test(self) -> int | None: ...
    @property
    def metrics(self) -> Mapping[str, Metric]: ...
    @property
    def data(self) -> Mapping[str, str]: ...
    @property
    def unit_of_n(self) -> str | None: ...
    @property
    def searched(self) -> Mapping[str, Any]: ...


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
    check_named(metric, model)
    check_test(n_test, chance)
    return _in_order(sizes_, losses, replicates, seeds, errors, n_test=n_test, chance=chance, metric=metric, model=model)


def _in_order(
    n: Array, loss: Array, replicate: Labels | None, seed: Labels | None, se: Array | None, **given: Any
) -> Curve:
    """Make a curve of columns, `(m,)` each; `given` are the other fields of a `Curve`, as they are."""
    errors, unknown = (None, ()) if se is None else _standard_errors(se)
    nameless = Labels.same("", len(n))
    subset, runs = replicate or seed or nameless, seed or nameless
    labelled = replicate is not None or seed is not None
    order = ordered(n, loss, errors, [subset, runs] if labelled else [])
    rows = (n[order], loss[order], None if errors is None else errors[order], subset.take(order), runs.take(order))
    repeats = conflicts = 0
    if labelled:
        same_run, same_row = repeated(*rows[:2], rows[3].codes, rows[4].codes)
        repeats = int(np.count_nonzero(same_row))
        conflicts = int(np.count_nonzero(same_run & ~same_row)) if seed is not None else 0
        rows = _without(same_row, *rows)
        if replicate is not None and seed is not None and errors is None and not given.get("search_of"):
            rows = _without(again_on_subset(*rows[:2], rows[3].codes), *rows)
    again = np.zeros(len(rows[0]), dtype=bool)
    if not given.get("search_of"):  # else two searches may have found the same, whose runs are alike and no copies
        again = copies.find(*rows[:3], (rows[3].codes, rows[4].codes) if labelled else None)
    n, loss, errors, subset, runs = _without(again, *rows)
    said = (*unknown, *_repeats(repeats, conflicts), *_copied(int(np.count_nonzero(again))))
    return Curve(
        n=frozen(n),
        loss=frozen(loss),
        replicate=subset if labelled else numbered(n),
        seed=runs,
        se=None if errors is None else frozen(errors),
        cautions=(*said, *([] if labelled else _unlabelled(n, loss))),
        **given,
    )


_Columns = tuple[Array, Array, Array | None, Labels, Labels]


def _without(left_out: NDArray[np.bool_], n: Array, loss: Array, se: Array | None, one: Labels, two: Labels) -> _Columns:
    """Give columns without some of their rows; themselves where none is left out."""
    if not left_out.any():
        return n, loss, se, one, two
    kept = np.flatnonzero(~left_out)
    return n[kept], loss[kept], None if se is None else se[kept], one.take(kept), two.take(kept)


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


def up_to(curve: Curve, end: float) -> Curve:
    """Give the rows of a curve up to a size, which share their numbers with it."""
    rows = slice(int(np.searchsorted(curve.n, end, side="right")))
    return replace(
        curve,
        n=curve.n[rows],
        loss=curve.loss[rows],
        replicate=curve.replicate[rows],
        seed=curve.seed[rows],
        se=None if curve.se is None else curve.se[rows],
    )


def curves_of(table: _Table) -> list[Curve]:
    """Give one curve for each model and metric of an imported table, in order of first appearance."""
    rows = Rows.of(table.rows)
    if len(rows) and len(rows.model.names) == len(rows.metric.names) == 1:
        return [_curve_of(rows, table)]
    pair = rows.model.codes.astype(np.int64) * len(rows.metric.names) + rows.metric.codes
    _, first, member, count = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(member, kind="stable"), np.cumsum(count)[:-1])
    return [_curve_of(rows.take(members[i]), table) for i in np.argsort(first)]


def sizes(curve: Curve) -> Sizes:
    """Give mean, spread and count of distinct subsets at each size; seeds on one subset are averaged first.

    The luck of the searches is that of the sizes that the curve has, so that a part of a curve knows nothing of the rest.
    """
    if curve.search_of:
        search = np.array([curve.search_of.get(seed, 0) for seed in curve.seed], dtype=np.int64)
        return searches.by_size_of(curve.n, curve.loss, curve.replicate, curve.se, search, curve.searched)
    found = by_size(curve.n, curve.loss, curve.replicate, curve.se)
    known = [one for one in curve.searched if one.n in found.n]
    return replace(found, luck=luck.pooled(known)) if known else found


def _curve_of(rows: Rows, table: _Table) -> Curve:
    metric, model = rows.metric[0], rows.model[0]

    def told(name: str, known: NDArray[np.bool_]) -> bool:
        count = int(np.count_nonzero(known))
        if 0 < count < len(rows):
            raise KleiberError(
                f"{model!r}, {metric!r}: {name} is given in {count} of {len(rows)} rows: give it in all or in none"
            )
        return count > 0

    replicate, seed = (each if told(name, each.codes >= 0) else None for name, each in _labelled(rows))
    errors = rows.se if rows.se is not None and told("se", ~np.isnan(rows.se)) else None
    chance = table.chance.get(metric)
    check_named(metric, model)
    check_test(table.n_test, chance)
    given: dict[str, Any] = {"metric": metric, "model": model, "n_test": table.n_test, "chance": chance}
    given |= {"measured_as": table.metrics.get(metric), "data": table.data.get(model), "unit_of_n": table.unit_of_n}
    told_of = table.searched.get(model, {})
    given |= {"searched": luck.of_study(told_of, metric), "search_of": told_of.get("runs", {})}
    return _in_order(rows.n, rows.loss, replicate, seed, errors, **given)


def _labelled(rows: Rows) -> Iterator[tuple[str, Labels]]:
    yield from (("replicate", rows.replicate), ("seed", rows.seed))


def _repeats(repeats: int, conflicts: int) -> Iterator[Caution]:
    """Say how many rows repeat a run (same size, subset and seed), and how many contradict one."""
    if repeats:
        yield Caution(
            "duplicate-rows",
            f"{counted(repeats, 'row', verb='repeats')} a run of the same size, subset and seed. Each counts once.",
        )
    if conflicts:
        text = f"{counted(conflicts, 'row', verb='has')} the size, subset and seed of another row but another loss"
        yield Caution("conflicting-rows", f"{text}. Their mean counts. Check the labels.")


def _copied(count: int) -> Iterator[Caution]:
    if count:
        text = counted(count, "row", verb="has")
        text += " the losses of other rows to all digits, as copies have. Each counts once"
        yield Caution("copied-runs", f"{text}. If they are runs of their own, give their losses with more digits.")


def _unlabelled(n: Array, loss: Array) -> Iterator[Caution]:
    """Say where rows in order are equal and nothing tells whether they are copies."""
    repeats = np.count_nonzero((n[1:] == n[:-1]) & (loss[1:] == loss[:-1]))
    if repeats:
        count, runs = ("counts", "a separate run") if repeats == 1 else ("count", "separate runs")
        text = f"{counted(int(repeats), 'row')} with the same size and the same loss {count} as {runs}"
        yield Caution("unlabelled-repeats", f"{text}. Give seed or replicate if they are copies.")


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


def _labels(values: Iterable[Hashable], name: str) -> Labels:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise KleiberError(f"{name} is {values!r}: it is a sequence of labels, one for each row")
    return Labels.of(str(text_of(value)) for value in values)
