"""What the name of a column says of noise: a standard deviation or error, an interval or an end of one, a number of runs.

What is left of the name once this is taken out names the metric: accuracy of accuracy_std, test_score of std_test_score.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kleiber.importers import _roles

ERROR, SPREAD, VARIANCE, INTERVAL, LOW, HIGH, SIGN = "error", "spread", "variance", "interval", "low", "high", "sign"
LEVEL = 0.95
"""Of an interval whose name does not say it."""

KINDS = (
    (ERROR, r"(?:standard|std|st)_err(?:or)?|std_?err|stderror|sem|se_mean|s_e_m|se|s_e"),
    (SPREAD, r"standard_deviation|(?:std|st)_dev(?:iation)?|stddev|stdev|stdv|stds?|sd|s_d|sigma|deviation"),
    (VARIANCE, r"variance|var"),
)
CONFIDENCE = r"ci|conf(?:idence)?(?:_int(?:erval)?)?|half_?width|margin_of_error|margin|moe"
LOWS = _roles.words("low lower lo lwr lcl lb")
HIGHS = _roles.words("high upper hi upr ucl ub")
AT_LEVEL = re.compile(rf"_(?:({CONFIDENCE})_?(\d\d)|(\d\d)(?:_percent)?_?({CONFIDENCE}))(?=_)")
MEANS = _roles.words("mean avg average value values pct percent of bound")
ALIKE = {"acc": "accuracy", "err": "error", "valid": "val", "validation": "val", "dev": "val"}
COUNTED = "runs|seeds|repeats|repetitions|reps|replicates|replications|replicas|trials|folds|splits"
COUNT = re.compile(
    rf"(?:(.+?)_)??(?:(?:n|num|nr|no|number_of|count_of)_?(?:of_)?(?:cv_|random_)?(?:{COUNTED})|"
    rf"(?:cv_|random_)?(?:{COUNTED})(?:_count)?|counts?|n|cv|k_?folds?)"
)
FOLDS = re.compile(r"folds?|splits|cv")


@dataclass(frozen=True, slots=True)
class Spread:
    """What a column says of noise: its kind, the words of its metric (none where it names none), an interval's level."""

    kind: str
    of: frozenset[str]
    level: float | None = None


def named(name: str, others: Sequence[str] = ()) -> Spread | None:
    """Say what kind of noise a column's name says, None where it says none; `others` are the table's columns.

    std_error is a standard error, but beside mean_error the standard deviation of that.
    """
    text = simple(name)
    level = None
    if told := AT_LEVEL.search(text):
        level = int(told[2] or told[3]) / 100
        text = text[: told.start()] + f"_{told[1] or told[4]}" + text[told.end() :]
    parts = text.strip("_").split("_")
    end = next((kind for kind, known in ((LOW, LOWS), (HIGH, HIGHS)) if set(parts) & set(known)), None)
    if end is not None:
        rest = f"_{'_'.join(part for part in parts if part not in (LOWS | HIGHS))}_"
        between = _without(CONFIDENCE, rest)
        return Spread(end, words_of(rest if between is None else between), level)
    kinds = KINDS[1:] if "_std_error_" in text and any(simple(each) == "_mean_error_" for each in others) else KINDS
    for kind, form in (*kinds, (INTERVAL, CONFIDENCE), (SIGN, "plusminus")):
        without = _without(form, text)
        if without is not None:
            return Spread(kind, words_of(without), level if kind == INTERVAL else None)
    return None


def count_of(name: str) -> frozenset[str] | None:
    """Give the words of the metric whose runs a column counts by its name, none where it counts all; else None."""
    told = COUNT.fullmatch(simple(name).strip("_"))
    return None if told is None else words_of(told[1] or "")


def counts_folds(name: str) -> bool:
    """Say whether what a column counts by its name are folds, which share most of their data."""
    return FOLDS.search(simple(name)) is not None


def words_of(name: str) -> frozenset[str]:
    """Give the words that name a metric, without those of a mean or a unit: val_acc_mean is {val, accuracy}."""
    parts = simple(name).strip("_").split("_")
    return frozenset(ALIKE.get(part, part) for part in parts if part and part not in MEANS)


def simple(name: str) -> str:
    """Give a name in small letters, with _ between its words and at its ends."""
    text = re.sub(r"\u00b1|\+/-|\+-", " plusminus ", name).replace("%", " percent ")
    text = re.sub(r"\b0[._](?=\d\d\b)", "", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text))
    plain = re.sub(r"[\W_]+", "_", text).strip("_").lower()
    return f"_{plain}_"


def _without(form: str, text: str) -> str | None:
    """Give a name without the words that a form finds in it, None where there are none."""
    found = re.search(rf"_(?:{form})(?=_)", text)
    return None if found is None else text[: found.start()] + text[found.end() :]
