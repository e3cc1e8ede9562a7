"""What a metric's name and values say: a loss already, or a score in which higher is better, and what a perfect one is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.metric import Metric

Array = NDArray[np.float64]

ERROR_RATE = re.compile(
    r"(.*_)?error_rate|((test|train|training|val|valid|validation|dev|balanced|mean|top_?\d+|classification|"
    r"misclassification|zero_one|0_1)_)*((mis)?classification_)?error"
)
NOT_A_RATE = ("mean_error",)
LOSS_WORDS = frozenset({
    "loss", "error", "err", "errors", "mse", "rmse", "mae", "mape", "mdae", "smape", "nll", "perplexity", "ppl", "wer",
    "cer", "ter", "fid", "kid", "entropy", "crossentropy", "deviance", "brier", "bpc", "bpb", "logloss", "risk",
    "regret", "distance", "divergence", "kl", "hinge",
})  # fmt: skip
"""Words of a name, of which one says that lower is better."""
RATES = frozenset({
    "acc", "accuracy", "auc", "auroc", "rocauc", "roc", "auprc", "aupr", "prauc", "ap", "map", "mrr", "ndcg",
    "precision", "recall", "sensitivity", "specificity", "tpr", "tnr", "ppv", "npv", "f1", "f2", "fscore", "fbeta",
    "fmeasure", "dice", "jaccard", "iou", "miou", "exact", "em", "hit", "hits", "pass", "top1", "top5", "success",
    "wins", "winrate", "bleu", "sacrebleu", "rouge", "rouge1", "rouge2", "rougel", "rougelsum", "meteor", "chrf",
    "bertscore", "comet", "spice", "gleu",
})  # fmt: skip
"""Words of scores between 0 and 1, or 0 and 100."""
NOMINAL = frozenset({
    "map", "ap", "bleu", "sacrebleu", "gleu", "rouge", "rouge1", "rouge2", "rougel", "rougelsum", "meteor", "chrf", "spice",
    "bertscore", "comet",
})  # fmt: skip
"""Words of those of which nobody reaches the end of the scale, and nobody knows how near one could come."""
BOUNDED = frozenset({
    "r2", "mcc", "matthews", "kappa", "spearman", "spearmanr", "pearson", "pearsonr", "kendall", "correlation", "corr",
    "ccc", "ev", "silhouette",
})  # fmt: skip
"""Words of scores that are 1 at best, and may be negative."""
UNBOUNDED = frozenset({
    "psnr", "snr", "sdr", "ssnr", "reward", "rewards", "return", "returns", "elo", "cider", "throughput", "profit",
    "revenue",
})  # fmt: skip
"""Words of scores that have no best value."""
DISTANCES = frozenset({"squared", "square", "absolute", "percentage", "quantile", "pinball", "neg"})
"""Words by which an error is a distance between numbers, and no share of wrong answers."""
PARTS = (
    ("r", "2"), ("f", "1"), ("f", "2"), ("top", "1"), ("top", "5"), ("win", "rate"), ("explained", "variance"),
    ("chr", "f"),
)  # fmt: skip
LACKS = re.compile(r"\s*(1|one)[\s_]*([-\u2212]|minus)", re.IGNORECASE)
"""How the name of what a score lacks to a perfect one begins: 1 - accuracy, one_minus_auc."""
FEWEST, CLEAR = 4, 0.9  # sizes, and rank correlation of loss and size, from which a rise is clear


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says of a metric: its unit, whether higher is better, the value of a perfect score; None is nothing."""

    unit: str | None = None
    higher: bool | None = None
    best: float | None = None


def metric_of(
    name: str, values: Array, *, unit: str | None = None, higher: bool | None = None, best: float | None = None
) -> Metric:
    """Say what a metric is, from its name and its values `(m,)`.

    `unit` is "fraction" or "percent" of a rate; None takes rates above 1 as percent and leaves errors alone. `higher` says
    that higher is better, or not; `best` is the value of a perfect score; None where nobody says. Raises `KleiberError`
    where the values cannot be of such a metric, and where a score has no best value.
    """
    if unit not in (None, "fraction", "percent"):
        raise KleiberError(f"unit {unit!r} of {name!r}: it is 'fraction' or 'percent'")
    plain = _plain(name)
    if plain.startswith("neg_") or "_neg_" in plain:
        return _negated(name, plain, values)
    if higher is False or not (higher or best is not None or is_score(name)):
        return _lower(name, values, unit)
    if best is not None:
        return _bounded(name, values, float(best), abs(float(best)) or 1.0)
    words = _words(plain)
    if words & UNBOUNDED or (higher and not words & (RATES | BOUNDED)):
        return _unknown_best(name, values, known=bool(words & UNBOUNDED))
    top = 1.0 if words & BOUNDED else _top(name, values, unit)
    return replace(_bounded(name, values, top, top), nominal=bool(words & NOMINAL))


def _unknown_best(name: str, values: Array, *, known: bool) -> Metric:
    """Take a score that somebody calls higher-is-better to be at best 1 or 100, if its values can be; else ask."""
    finite = values[np.isfinite(values)]
    top = next((limit for limit in (1.0, 100.0) if len(finite) and finite.min() >= 0 and finite.max() <= limit), None)
    if len(finite) and finite.max() < 0:
        raise KleiberError(
            f"{name!r} is negative in every row, as a loss with its sign turned is. Write --best 0 too to read it as one "
            f"(in Python, best=0)"
        )
    if known or top is None:
        likely = f"{float(f'{2 * finite.max():.2g}'):g}" if len(finite) and finite.max() > 50 else "50"
        raise KleiberError(
            f"{name!r} is higher-is-better and has no best value that its name or values tell, so nothing says where it "
            f"levels off. Name the value of a perfect score, such as best={likely} (--best {likely}), or give a loss"
        )
    return replace(_bounded(name, values, top, top), nominal=True)


def _bounded(name: str, values: Array, best: float, per_loss: float) -> Metric:
    finite = values[np.isfinite(values)]
    if (finite > best).any():
        raise KleiberError(
            f"{name!r} has the value {finite.max():g}, above {best:g}, so it is no rate. Name it as another metric, or say "
            f"the value of a perfect score: best={finite.max() * 2:.2g} (--best {finite.max() * 2:.2g})"
        )
    plain = _plain(name)
    unit = "%" if per_loss == best == 100 and _words(plain) & {"acc", "accuracy"} else ""
    return Metric(name, loss_name(name), True, best, per_loss, unit)


def _negated(name: str, plain: str, values: Array) -> Metric:
    """Give a score of scikit-learn that is a loss with its sign turned."""
    if (values[np.isfinite(values)] > 0).any():
        raise KleiberError(
            f"{name!r} has the value {values[np.isfinite(values)].max():g}: a negated loss is at most 0. If its sign has "
            f"been turned already, leave the 'neg_' out of its name"
        )
    return Metric(name, loss_name(name), True, 0.0, 1.0)


def _lower(name: str, values: Array, unit: str | None) -> Metric:
    if not is_error_rate(name) or unit is None:
        return Metric.of_loss(name)
    _top(name, values, unit)
    return Metric(name, name, per_loss=100.0, unit="%") if unit == "percent" else Metric.of_loss(name)


def loss_name(name: str) -> str:
    """Name the loss of a metric in which higher is better: val_acc becomes val_error, neg_log_loss log_loss."""
    plain = _plain(name)
    if plain.startswith("neg_") or "_neg_" in plain:
        return re.sub(r"(^|_)neg_", r"\1", plain)
    if "accuracy" in plain:
        return plain.replace("accuracy", "error")
    if "acc" in plain.split("_"):
        return "_".join("error" if part == "acc" else part for part in plain.split("_"))
    return f"1 - {plain}"


def as_loss(metric: str, values: Sequence[float], *, unit: str | None = None) -> tuple[str, list[float], str | None]:
    """Turn a metric's values into a loss, lower is better: name, values, and a sentence on what was read into them.

    Scores become what they lack to a perfect one, as fractions of it; any other metric is a loss already and stays as it
    is. `unit` is that of `metric_of`, and so is what raises.
    """
    given = np.asarray(values, dtype=np.float64)
    found = metric_of(metric, given, unit=unit)
    return found.loss, list(values) if _unchanged(found) else losses_of(found, given).tolist(), note_of(found, given)


def losses_of(metric: Metric, values: Array) -> Array:
    """Turn a metric's values `(m,)` into losses; those of a loss are given back themselves."""
    return values if _unchanged(metric) else np.asarray(metric.loss_of(values))


def note_of(metric: Metric, values: Array) -> str | None:
    """Say what was read into a metric, None where it is a loss in its own unit."""
    if metric.higher_is_better:
        if metric.best == 0:
            called = "the loss" if metric.loss.startswith("1 - ") else repr(metric.loss)
            return f"{metric.name!r} was read as a negated loss: {called} is minus its values."
        scale = " in percent" if metric.unit == "%" else ""
        return f"{metric.name!r} was read{scale} as higher-is-better, at best {metric.best:g}; {metric.loss!r} is the rest."
    if metric.per_loss != 1.0:
        return f"{metric.name!r} was read in percent; losses are fractions of 1."
    above = is_error_rate(metric.name) and bool((values > 1).any())
    return f"{metric.name!r} has values above 1 and was taken as it is." if above else None


def rises_clearly(n: Array, values: Array) -> bool:
    """Say whether a metric rises with the size at nearly every step, as a score does and no loss should, `(m,)` both."""
    sizes, place = np.unique(n, return_inverse=True)
    if len(sizes) < FEWEST or not np.all(np.isfinite(values)):
        return False
    mean = np.bincount(place, values) / np.bincount(place)
    rank = np.argsort(np.argsort(mean))
    return bool(np.corrcoef(rank, np.arange(len(sizes)))[0, 1] >= CLEAR) and mean[-1] > mean[0]


def is_score(metric: str) -> bool:
    """Say whether a metric's name is that of a score in which higher is better: an accuracy, an AUC, BLEU, R2, ..."""
    words = _words(_plain(metric))
    if says_lower(metric) and not {"neg"} & words:
        return False
    return bool(words & (RATES | BOUNDED | UNBOUNDED | {"neg"}))


def says_lower(metric: str) -> bool:
    """Say whether a metric's name has a word of losses, such as error or perplexity, or is what a score lacks to 1."""
    return bool(_words(_plain(metric)) & LOSS_WORDS) or LACKS.match(metric) is not None


def is_error_rate(metric: str) -> bool:
    """Say whether a metric's name is that of a share of wrong answers, which as a fraction lies between 0 and 1.

    So are `error`, `test_error`, `top5_error` and whatever ends in `error_rate`; `mean_squared_error` is not.
    """
    name = _plain(metric)
    return name not in NOT_A_RATE and ERROR_RATE.fullmatch(name) is not None


def is_distance(metric: str) -> bool:
    """Say whether a metric's name is that of an error in numbers, such as mean_squared_error or neg_mean_absolute_error."""
    return bool(_words(_plain(metric)) & DISTANCES)


def is_rate(metric: str) -> bool:
    """Say whether a metric is a share, which comes as a fraction or in percent: an error, an accuracy, an AUC, ..."""
    return is_error_rate(metric) or (is_score(metric) and bool(_words(_plain(metric)) & RATES))


def names_of(metric: str | None) -> tuple[str, ...]:
    """Give the names that a curve may have for someone who asks for this metric; none where nobody asks."""
    if metric is None:
        return ()
    return (metric, loss_name(metric), f"{metric}_error") if is_score(metric) else (metric, f"{metric}_error")


def _unchanged(metric: Metric) -> bool:
    return not metric.higher_is_better and metric.per_loss == 1.0


def _plain(metric: object) -> str:
    if not isinstance(metric, str) or not metric.strip():
        raise KleiberError(f"metric is {metric!r}: it is a name, such as 'error'")
    return _simple(metric)


@lru_cache(maxsize=1024)
def _simple(metric: str) -> str:
    whole = re.sub(r"m?IoU|mAP", lambda found: found[0].lower(), metric.strip())
    apart = whole if whole.isupper() else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", whole)
    return re.sub(r"[\s\-/.@:^()\[\]+%]+", "_", apart).strip("_").lower()


@lru_cache(maxsize=1024)
def _words(plain: str) -> frozenset[str]:
    parts = [re.sub(r"^(bleu|m?ap|m?ar|miou|iou|pass|ndcg|hits?)\d+$", r"\1", part) for part in plain.split("_")]
    joined = {"".join(pair) for pair in pairwise(parts) if pair in PARTS}
    found = frozenset(parts) | joined
    return found | {"ev"} if "explainedvariance" in found else found


def _top(metric: str, values: Array, unit: str | None) -> float:
    """Give the value of a perfect score: 1, or 100 where it is in percent."""
    finite = values[np.isfinite(values)]
    percent = unit == "percent" or (unit is None and bool((finite > 1).any()))
    top = 100.0 if percent else 1.0
    if (finite > top).any():
        raise KleiberError(
            f"{metric!r} has the value {finite.max():g}, above {top:g}: it is no rate so; name it as another metric"
        )
    below = finite[(finite > 0) & (finite <= 1)]
    if unit is None and percent and len(below):
        raise KleiberError(
            f"{metric!r} mixes values above 1 (such as {finite.max():g}) and below (such as {below[0]:g}): "
            "percent or fraction? Give all in one unit, or name it: unit='percent' (--unit percent)"
        )
    return top
