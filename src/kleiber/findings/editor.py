"""The one editor: which sentences and warnings a page or a command shows, in which order, and which wait behind `--full`.

Detectors only detect: each gives a code or a kind. Here stands what each is about, what weighs more, and that one cause is
told once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kleiber.findings.sentences import Said
from kleiber.wording import SENTENCES

WARNINGS = 2  # at most so many are shown
RANK = ("advice", "target", "price", "best", "answer", "ahead", "law", "record", "comparison", "regions", "laws", "other")
"""Kinds of sentences, the most wanted first; a refusal is an answer."""
CAUSES: Mapping[str, tuple[str, int]] = {
    "few-trials": ("form", 105),  # which explains the others of this cause
    "backtest-failed": ("form", 100), "u-shape": ("form", 95), "two-branch": ("form", 90),
    "not-begun": ("begin", 80), "saturated": ("begin", 80), "flat": ("begin", 80), "bends-down": ("begin", 60),
    "small-data": ("begin", 50), "exponent-range": ("begin", 40),
    "outlier": ("runs", 75), "conflicting-rows": ("runs", 70), "copied-runs": ("runs", 45), "duplicate-rows": ("runs", 30),
    "unlabelled-repeats": ("runs", 35), "zero-se": ("runs", 20),
    "cut-off": ("training", 72), "search-luck": ("search", 68), "warm-start-bias": ("search", 66),
    "unequal-trials": ("search", 64), "winner-at-edge": ("search", 62),
    "rows": ("rows", 61),
    "three-sizes": ("few", 58), "noise-unknown": ("few", 55),
    "floor-not-identified": ("width", 12), "extrapolation": ("width", 10),
    "read-as": ("reading", 5), "import": ("reading", 5),
}  # fmt: skip
"""What each warning is about, and how much it weighs in a decision."""
ALWAYS = "rows"
"""Which rows count: without it nobody knows what the answer is of. It is shown beside the others, each of its lines."""
SAID = 15  # a warning of this weight or less repeats what the answer says, by its grade and its interval
UNKNOWN = ("other", 65)


def ranked(said: Iterable[Said]) -> list[str]:
    """Give sentences, the most wanted first, each once."""
    ordered = sorted(said, key=lambda one: RANK.index(one.kind))
    return list(dict.fromkeys(one.text for one in ordered))


def shown(sentences: Sequence[str]) -> list[str]:
    """Give the sentences that are shown where nobody asks for all."""
    return list(sentences[:SENTENCES])


def weighed(warnings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give warnings with their cause, the gravest first, and say of each whether it is shown where nobody asks for all.

    Of one cause the gravest is shown, once for all curves; which rows count is always shown.
    """
    found = [{**one, "cause": CAUSES.get(one["code"], UNKNOWN)[0]} for one in warnings]
    found.sort(key=lambda one: -CAUSES.get(one["code"], UNKNOWN)[1])
    causes: set[str] = set()
    for one in found:
        grave = CAUSES.get(one["code"], UNKNOWN)[1] > SAID
        always = one["code"] == ALWAYS
        one["shown"] = always or (grave and one["cause"] not in causes and len(causes) < WARNINGS)
        if one["shown"] and not always:
            causes.add(one["cause"])
    return found
