"""Two or more models on the same data: who is better at which size, where they cross, what one is worth in data.

Each forecast comes with its grade, the worse one of the two.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kleiber.answers.compare.comparison_sentences import sentences_of
from kleiber.answers.compare.coupled import ALIKE
from kleiber.answers.compare.exponents import DIFFER, FEWEST, Exponents, exponents
from kleiber.answers.compare.ground import Question
from kleiber.answers.compare.model_pair import PairComparison
from kleiber.answers.compare.paired import labelled
from kleiber.answers.compare.pairs import Watch, compare_pairs
from kleiber.curves.curve import Caution, Curve
from kleiber.curves.scored import curve_of_scored, is_scored
from kleiber.curves.shares import require_examples
from kleiber.curves.sources import as_asked, curves_from, matching, numbers, slot_of, target_loss
from kleiber.errors import KleiberError
from kleiber.forecasting.backtest import backtest, judged
from kleiber.forecasting.forecast import Forecast
from kleiber.forecasting.forecasts import forecast_many
from kleiber.metric import Metric
from kleiber.plain import plain
from kleiber.wording import InWords


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison(InWords):
    """Everything said of two or more models: their forecasts, exponents, and each pair of them.

    `exponents` is None where fewer than two models have the sizes for it; `left_out` says which have not, and why.
    `target` is the loss of which somebody asks what each model needs. `sentences` say it to a reader who has to decide.
    """

    metric: str
    models: tuple[str, ...]
    forecasts: tuple[Forecast, ...]
    exponents: Exponents | None
    pairs: tuple[PairComparison, ...]
    left_out: tuple[str, ...]
    target: float | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the comparison in sentences, each number with its interval."""
        named = dict(zip(self.models, self.forecasts, strict=True))
        found = data_sets({name: fc.curve for name, fc in named.items()})
        several = (
            f"The models were measured on {len(found)} data sets ({'; '.join(found)}): this compares more than models."
        )
        said = sentences_of(self.scale, named, self.pairs, self.exponents, self.left_out, self.target)
        return (several, *said) if len(found) > 1 else tuple(said)

    @property
    def scale(self) -> Metric:
        """Give the metric in which the models were measured."""
        return self.forecasts[0].curve.scale

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """Give what to know of each forecast, with the model's name before it."""
        return tuple(
            replace(w, message=f"{name}: {w.message}")
            for name, fc in zip(self.models, self.forecasts, strict=True)
            for w in fc.warnings
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; a size or ratio without an upper end is None."""
        return {
            "metric": self.scale.name,
            "scale": self.scale.to_dict(),
            "models": [
                {
                    "model": name,
                    "status": fc.status,
                    "horizon": fc.horizon if fc.status == "ok" else None,
                    "reason": fc.reason,
                }
                for name, fc in zip(self.models, self.forecasts, strict=True)
            ],
            "exponents": None if self.exponents is None else plain(self.exponents.to_dict()),
            "pairs": [plain(asdict(pair)) for pair in self.pairs],
            "left_out": list(self.left_out),
            "data": data_sets({name: fc.curve for name, fc in zip(self.models, self.forecasts, strict=True)}),
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
            "copula_correlation": ALIKE,
            "sentences": list(self.sentences),
        }


def worth_of_cut(cut: float, exponent: float) -> float:
    """Give what a relative cut of the reducible error is worth as a multiple of the data: (1 - cut)^(-1/exponent).

    It follows from a n^-b alone: the same floor and exponent, an amplitude lower by the cut.
    """
    if not (0 <= cut < 1 and exponent > 0):
        raise KleiberError(f"cut is {cut!r} and exponent {exponent!r}: give a cut of 0 to below 1 and an exponent above 0")
    return float((1.0 - cut) ** (-1.0 / exponent))


def compare(
    curves_by_model: Any,
    *,
    at: ArrayLike | None = None,
    target: float | str | None = None,
    metric: str | None = None,
    column: Mapping[str, str] | None = None,
    differ: float = DIFFER,
    random_state: int = 0,
    laws: Any = None,
    calibration: Any = None,
    anyway: bool = False,
    watch: Watch | None = None,
) -> Comparison:
    """Compare two or more models measured on the same data.

    `curves_by_model` maps names to a `Curve`, a pair (n, loss) or a mapping of `forecast`'s arguments; or it is a
    source of several models, of which `metric` picks the curves and `column` says what a table calls our columns. `at`
    are sizes (default: the largest common size, 2, 4 and 8 times it), `target` is where data needs are compared, in the
    metric's own unit (0.95, or "95%"). Exponents count as different beyond `differ`. A refused forecast is told in
    words, and the rest compared; one that fails its back-test is compared up to its largest size. `watch` is told what
    is being worked out, how many are done, and of how many.
    Raises `KleiberError` for fewer than two models, for several metrics, and for models of several data sets, which it
    lists; `anyway` compares these all the same, and the comparison says so.
    """
    items, named = _inputs(curves_by_model, metric, column)
    if not anyway:
        _require_one_data_set(items)
    _question(at, None, differ, random_state)
    how = {"random_state": random_state, "laws": laws, "calibration": calibration}
    found: dict[str, Forecast] = {}
    for name, fc in zip(items, forecast_many(items.values(), **how), strict=True):
        if watch:
            watch("back-tests", len(found), len(items))
        found[name] = judged(fc, backtest(fc.curve, **how))
        require_examples(fc.curve, at=at)
    if target is not None:
        target = target_loss([fc.curve for fc in found.values()], metric, target)
    return compare_judged(found, named, at=at, target=target, differ=differ, random_state=random_state, watch=watch)


def compare_judged(
    found: Mapping[str, Forecast],
    named: Mapping[str, bool] | None = None,
    *,
    at: ArrayLike | None = None,
    target: float | None = None,
    differ: float = DIFFER,
    random_state: int = 0,
    watch: Watch | None = None,
) -> Comparison:
    """Compare models by forecasts that their back-tests have judged, as `compare` does; `target` is a loss.

    `named` says whose replicates have names of their own; without it their curves tell. `watch` is that of `compare`.
    """
    question = _question(at, target, differ, random_state)
    metrics = sorted({fc.curve.metric for fc in found.values()})
    if len(metrics) > 1:
        raise KleiberError(f"the models are measured by several metrics: {', '.join(metrics)}: compare one at a time")
    named = {name: labelled(fc.curve) for name, fc in found.items()} if named is None else named
    left_out = {name: why for name, fc in found.items() if (why := _unfit(fc))}
    enough = {name: fc for name, fc in found.items() if name not in left_out}
    return Comparison(
        metric=metrics[0],
        models=tuple(found),
        forecasts=tuple(found.values()),
        exponents=exponents(enough, differ=differ, random_state=random_state) if len(enough) > 1 else None,
        pairs=compare_pairs(found, named, question, watch),
        left_out=tuple(f"{name}: {why}" for name, why in left_out.items()),
        target=question.target,
    )


def _question(at: ArrayLike | None, target: float | None, differ: float, random_state: int) -> Question:
    sizes = None if at is None else np.array(list(dict.fromkeys(numbers(at, "at").tolist())))  # each once, as asked
    if sizes is not None and not np.all(np.isfinite(sizes) & (sizes > 0)):
        raise KleiberError(f"at must be finite and positive sizes, not {at!r}")
    loss = None if target is None else numbers(target, "target")
    if loss is not None and not (loss.shape == (1,) and np.isfinite(loss[0]) and loss[0] > 0):
        raise KleiberError(f"target must be one positive loss, not {target!r}")
    if isinstance(differ, bool) or not isinstance(differ, int | float | np.number) or not 0 < differ < 1.5:
        raise KleiberError(f"differ is {differ!r}: it is a difference of exponents between 0 and 1.5, such as {DIFFER}")
    return Question(sizes, None if loss is None else float(loss[0]), random_state)


def data_sets(curves: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the models of each data set, as far as it is known of them."""
    found: dict[str, list[str]] = {}
    for name, curve in curves.items():
        if getattr(curve, "data", None) is not None:
            found.setdefault(curve.data, []).append(name)
    return found


def _require_one_data_set(curves: Mapping[str, Any]) -> None:
    found = data_sets(curves)
    if len(found) > 1:
        told = "; ".join(f"{', '.join(names)} on {data}" for data, names in found.items())
        raise KleiberError(
            f"these models were measured on different data sets: {told}. Pick models of one by model= (--model), or "
            f"compare them all the same: anyway=True (--anyway)"
        )


def _unfit(fc: Forecast) -> str:
    """Say why a curve has no exponent to compare; "" where it has."""
    if fc.status == "refused" or fc.measured is None:
        return str(fc.reason)
    if len(fc.measured.n) < FEWEST:
        return f"an exponent and a floor take {FEWEST} sizes, there are {len(fc.measured.n)}"
    return "the curve is flat" if fc.flat else f"{fc.curve.scale.name} gets worse at its largest sizes" if fc.turned else ""


def _inputs(source: Any, metric: str | None, column: Mapping[str, str] | None) -> tuple[dict[str, Any], dict[str, bool]]:
    """Give each model's item for `forecast_many`, and whether its rows can be paired."""
    by_model = isinstance(source, Mapping) and not column and not {"n", "model"} <= set(source)
    if not by_model:
        curves = as_asked(matching(curves_from(source, column, metric=metric), metric, None), metric)
        metrics = sorted({curve.metric for curve in curves})
        if len(metrics) > 1:
            raise KleiberError(f"there are several metrics, choose one by metric=: {', '.join(metrics)}")
        names = [curve.model for curve in curves]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise KleiberError(f"there are several curves of model {', '.join(twice)}: give each a name of its own")
        source = dict(zip(names, curves, strict=True))
    if len(source) < 2:
        only = f"one, {next(iter(source))!r}" if source else "none"
        raise KleiberError(f"a comparison takes two models or more, and there is {only}")
    items: dict[str, Any] = {}
    named: dict[str, bool] = {}
    for slot, (name, item) in enumerate(source.items()):
        if is_scored(item):
            item = curve_of_scored(item, metric, name)
        if isinstance(item, Curve):
            items[name], named[name] = item, labelled(item)
            continue
        try:
            n, options = slot_of(slot, item)
        except KleiberError as error:
            raise KleiberError(f"model {name!r}: {str(error).removeprefix(f'curve {slot}: ')}") from error
        named[name] = options.get("replicate") is not None or options.get("seed") is not None
        items[name] = {"n": n, **options, "metric": options.get("metric") or metric, "model": name}
    return items, named
