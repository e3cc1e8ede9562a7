"""What a forecast and an analysis take: a path, a data frame, a ledger, a table, a curve; and how one curve is picked."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import importers
from kleiber.curves.curve import Caution, Curve, check_named, curves_of, make_curve
from kleiber.errors import KleiberError

Array = NDArray[np.float64]

ARGUMENTS = ("n", "loss", "replicate", "seed", "se", "n_test", "chance", "metric", "model")


def curves_from(source: Any) -> list[Curve]:
    """Give every curve of a source: a path, a data frame, an imported table, a `Curve`, or a list of curves."""
    if isinstance(source, Curve):
        return [source]
    if isinstance(source, list | tuple) and source and all(isinstance(c, Curve) for c in source):
        return list(source)
    return curves_of(importers.read(source))


def matching(curves: list[Curve], metric: str | None, model: str | None) -> list[Curve]:
    """Give the curves of a metric and model, all where neither is named; names in NFC are the same however composed."""
    wanted = tuple(_composed(name) for name in importers.names_of(metric))
    named = None if model is None else _composed(model)
    return [
        c
        for c in curves
        if (not wanted or _composed(c.metric) in wanted) and (named is None or _composed(c.model) == named)
    ]


def choose(curves: list[Curve], *, metric: str | None, model: str | None) -> Curve:
    """Pick the one curve of a metric and model; `KleiberError` lists the curves where the choice is open or empty."""
    fits = matching(curves, metric, model)
    if len(fits) == 1:
        return fits[0]
    listed = "; ".join(f"metric={c.metric!r}, model={c.model!r}" for c in (fits or curves)[:20])
    if fits:
        raise KleiberError(f"there are {len(fits)} curves, choose one by metric= and model=: {listed}")
    raise KleiberError(f"there is no curve with metric={metric!r}, model={model!r}; there are: {listed or 'none'}")


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def from_arrays(n: ArrayLike, loss: ArrayLike, **given: Any) -> tuple[Curve, tuple[Caution, ...]]:
    """Make a curve of arrays, its metric turned into a loss; with a caution on how it was read."""
    check_named(given.get("metric"), given.get("model"))
    metric, model = given.pop("metric", None) or "loss", given.pop("model", None) or "model"
    values = [float(v) for v in numbers(loss, "loss")]
    name, losses, note = importers.as_loss(metric, values)
    if given.get("se") is not None:
        given["se"] = numbers(given["se"], "se") / importers.scale_of(metric, values)
    curve = make_curve(n, losses, metric=name, model=model, **given)
    return curve, () if note is None else (Caution("read-as", note),)


def slot_of(slot: int, item: Any) -> tuple[Any, dict[str, Any]]:
    """Give a slot's sizes and the other arguments of `forecast`."""
    if isinstance(item, Mapping):
        unknown = sorted(str(key) for key in item if key not in ARGUMENTS)
        if unknown or item.get("n") is None or item.get("loss") is None:
            wrong = f"it has {', '.join(map(repr, unknown))}" if unknown else "'n' or 'loss' is missing"
            raise KleiberError(f"curve {slot}: {wrong}; give n and loss, and of {', '.join(ARGUMENTS[2:])} what is known")
        return item["n"], {key: value for key, value in item.items() if key != "n"}
    if isinstance(item, list | tuple | np.ndarray) and len(item) == 2:
        return item[0], {"loss": item[1]}
    raise KleiberError(f"curve {slot}: give a Curve, a pair (n, loss) or a mapping, not {str(item)[:60]}")


def loss_of(metric: str | None, target: float | None) -> float | None:
    """Give a target in the metric that was named as the loss that it is: an accuracy becomes an error."""
    if metric is None or target is None or isinstance(target, bool) or not isinstance(target, int | float | np.number):
        return target
    return float(importers.as_loss(metric, [float(target)])[1][0]) if np.isfinite(target) else target


def check_rate(curves: Sequence[Curve], target: float | None) -> None:
    """Raise `KleiberError` where a target is in percent and an error rate is a fraction."""
    rates = [c for c in curves if importers.is_error_rate(c.metric) and np.all(c.loss <= 1)]
    if target is not None and target > 1 and rates:
        raise KleiberError(
            f"target={target}: {rates[0].metric!r} is a fraction of 1 here; write {target / 100:g} for percent"
        )


def numbers(values: ArrayLike, name: str) -> Array:
    """Give a number or a sequence of numbers as a vector; `KleiberError` names what is neither."""
    try:
        found = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError, OverflowError) as error:
        raise KleiberError(f"{name} must be a number or a sequence of numbers: {error}") from error
    if found.ndim != 1:
        raise KleiberError(f"{name} must be a number or one-dimensional, not of shape {found.shape}")
    return found
