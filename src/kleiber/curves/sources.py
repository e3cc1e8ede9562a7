"""What a forecast and an analysis take: a path, a data frame, a ledger, a table, a curve; and how one curve is picked."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber import importers
from kleiber.curves.curve import Caution, Curve, check_named, curves_of, make_curve
from kleiber.curves.scored import curve_of_scored, is_scored
from kleiber.errors import KleiberError
from kleiber.metric import Metric

Array = NDArray[np.float64]

ARGUMENTS = ("n", "loss", "replicate", "seed", "se", "n_test", "chance", "metric", "model")


def curves_from(source: Any, column: Mapping[str, str] | None = None, *, metric: str | None = None) -> list[Curve]:
    """Give every curve of a source: a path, a data frame, a tracker's runs, an imported table, a `Curve`, or a list.

    Also what scikit-learn's `learning_curve` gives, its display, and our own. `metric` names its score where nothing else
    does, and which of a tracker's is read. `column` maps our names to those of a table, as in {"n": "samples"}. Raises
    `KleiberError` where there is no table.
    """
    if is_scored(source):
        return [curve_of_scored(source, metric)]
    given = [source] if isinstance(source, Curve) else source
    if isinstance(given, list | tuple) and given and all(isinstance(c, Curve) for c in given):
        if column:
            raise KleiberError(f"column={dict(column)!r} names columns of a table, and this is a curve: leave it out")
        return list(given)
    return curves_of(importers.read(source, column=column, metric=metric))


def matching(curves: list[Curve], metric: str | None, model: str | None) -> list[Curve]:
    """Give the curves of a metric and model, all where neither is named; names in NFC are the same however composed."""
    named = None if model is None else _name_of(model)
    return [c for c in curves if _is_of(c, metric) and (named is None or _name_of(c.model) == named)]


def _is_of(curve: Curve, metric: str | None) -> bool:
    """Say whether a curve is of a metric, named as it was measured or as the loss that it became."""
    if metric is None:
        return True
    return _composed(curve.scale.name) == _composed(metric) or _composed(curve.metric) in map(
        _composed, importers.names_of(metric)
    )


def choose(curves: list[Curve], *, metric: str | None, model: str | None) -> Curve:
    """Pick the one curve of a metric and model; `KleiberError` lists the curves where the choice is open or empty."""
    fits = matching(curves, metric, model)
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise KleiberError(f"there are {len(fits)} curves, choose one by metric= and model=: {_named(fits)}")
    raise no_curve(curves, metric, model)


def no_curve(curves: Sequence[Curve], metric: str | None, model: str | None) -> KleiberError:
    """Give the error of a metric and model that no curve has."""
    asked = ", ".join(f"{name}={value!r}" for name, value in (("metric", metric), ("model", model)) if value is not None)
    return KleiberError(f"there is no curve{' with ' if asked else ''}{asked}; there are: {_named(curves) or 'none'}")


def _named(curves: Sequence[Curve]) -> str:
    return "; ".join(f"metric={c.scale.name!r}, model={c.model!r}" for c in curves[:20])


def _name_of(model: str) -> str | float:
    """Give the name of a model as it is compared: 50,000,000 and 5e7 are one."""
    text = _composed(model)
    try:
        return float(text.replace(",", "")) if text[:1] in "0123456789" else text
    except ValueError:
        return text


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def from_arrays(n: ArrayLike, loss: ArrayLike, **given: Any) -> tuple[Curve, tuple[Caution, ...]]:
    """Make a curve of arrays, its metric turned into a loss; with a caution on how it was read."""
    check_named(given.get("metric"), given.get("model"))
    metric, model = given.pop("metric", None) or "loss", given.pop("model", None) or "model"
    values = numbers(loss, "loss")
    known = importers.metric_of(metric, values)
    losses = importers.losses_of(known, values)
    if given.get("se") is not None:
        given["se"] = numbers(given["se"], "se") / known.per_loss
    curve = make_curve(n, losses, metric=known.loss, model=model, **given)
    note = importers.note_of(known, values)
    return replace(curve, measured_as=known), () if note is None else (Caution("read-as", note),)


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


def as_asked(curves: Sequence[Curve], metric: str | None) -> list[Curve]:
    """Give the curves in the metric that somebody names: a score's as its loss (metric="error"), an error's as accuracy."""
    if metric is None:
        return list(curves)
    return [_as_loss(curve) if _names_the_loss(curve, metric) else _as_score(curve, metric) for curve in curves]


def _names_the_loss(curve: Curve, metric: str) -> bool:
    return curve.scale.higher_is_better and _composed(metric) == _composed(curve.metric) != curve.scale.name


def _as_loss(curve: Curve) -> Curve:
    percent = curve.scale.unit == "%" or curve.scale.in_percent
    return replace(curve, measured_as=Metric(curve.metric, curve.metric, in_percent=percent))


def _as_score(curve: Curve, metric: str) -> Curve:
    """Give a curve of an error rate as that of the accuracy that somebody names, any other as it is."""
    scale, names = curve.scale, importers.names_of(_composed(metric))
    if scale.higher_is_better or len(names) < 3 or names[1] != _composed(scale.name):  # a score has three names
        return curve
    percent = scale.unit == "%" or bool(np.max(curve.loss, initial=0.0) > 1)
    best, unit = (100.0, "%") if percent else (1.0, "")
    return replace(curve, measured_as=Metric(_composed(metric), scale.loss, True, best, scale.per_loss, unit))


def target_loss(curves: Sequence[Curve], metric: str | None, target: float | str) -> float:
    """Give the loss of a target, which is in the metric's own unit: 92 or "92%" of an accuracy in percent.

    With arrays or a ledger that have no curve yet, `metric` says what it is of. Raises `KleiberError` where it is no
    number, or is in another unit than the metric.
    """
    return value_loss(curves, metric, target, "target")


def value_loss(curves: Sequence[Curve], metric: str | None, given: float | str, name: str) -> float:
    """Give the loss of a value in the metric's own unit; `name` is that of the argument, for errors."""
    scale = curves[0].scale if curves else importers.metric_of(metric or "loss", np.empty(0))
    value, percent = _number_of(given, name)
    of_hundred = scale.unit == "%" or _is_of_hundred(scale, _values(curves))
    if percent:
        rate = of_hundred or scale.in_percent or scale.best == 1.0 or importers.is_error_rate(scale.name)
        if not rate:
            raise KleiberError(f"{name}={given!r}: {scale.name!r} is not in percent; give it in its own unit")
        value = value if of_hundred else value / 100.0
    elif of_hundred and 0 < value <= 1 and min(_values(curves), default=100.0) > 1:
        raise KleiberError(f"{name}={given}: {scale.name!r} is in percent here: {100 * value:g}? Or write {value:g}%")
    fraction = scale.best == scale.per_loss == 1.0 or (importers.is_error_rate(scale.name) and scale.per_loss == 1.0)
    if not percent and fraction and 1 < value <= 100 and max(_values(curves), default=1.0) <= 1:
        raise KleiberError(f"{name}={given}: {scale.name!r} is a fraction of 1 here; write {value / 100:g}, or {value:g}%")
    if scale.higher_is_better and value > scale.best:
        raise KleiberError(f"{name}={given}: the best {scale.name!r} there is is {scale.best:g}{scale.unit}")
    return float(scale.loss_of(value))


def _is_of_hundred(scale: Metric, values: Sequence[float]) -> bool:
    """Say whether a score with the best value 100, or an error rate, has values above 1, and so is in percent."""
    rate = scale.best == 100.0 if scale.higher_is_better else importers.is_error_rate(scale.name) and scale.per_loss == 1.0
    return rate and not scale.in_percent and 1 < max(values, default=0.0) <= 100


def _number_of(given: float | str, name: str) -> tuple[float, bool]:
    """Give a value as a number, and whether it is said to be in percent."""
    text = given.strip() if isinstance(given, str) else None
    percent = text is not None and text.endswith("%")
    if isinstance(given, bool) or not isinstance(given, str | int | float | np.number):
        raise KleiberError(f"{name} is {given!r}: it is a number in the metric's own unit, such as 0.1")
    try:
        value = float(given if text is None else text.removesuffix("%"))
    except ValueError:
        raise KleiberError(f"{name} is {given!r}: it is a number in the metric's own unit, such as 0.1 or 10%") from None
    if not np.isfinite(value):
        raise KleiberError(f"{name} is {given!r}: it must be a finite number")
    return value, percent


def _values(curves: Sequence[Curve]) -> list[float]:
    """Give the values of the first curve's metric."""
    return np.asarray(curves[0].scale.value(curves[0].loss)).tolist() if curves else []


def numbers(values: ArrayLike, name: str) -> Array:
    """Give a number or a sequence of numbers as a vector; `KleiberError` names what is neither."""
    try:
        found = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError, OverflowError) as error:
        raise KleiberError(f"{name} must be a number or a sequence of numbers: {error}") from error
    if found.ndim != 1:
        raise KleiberError(f"{name} must be a number or one-dimensional, not of shape {found.shape}")
    return found
