"""How far to trust the verdict, in one line of plain data: its grade, what the back-test held, and the main risk."""

from collections.abc import Mapping, Sequence
from typing import Any

from kleiber.findings.editor import CAUSES, SAID, UNKNOWN
from kleiber.wording import counted

FEW_TRIALS = 20  # of a search at each size: fewer leave much to luck
FEW_SIZES = 5
RISKS: Mapping[str, str] = {
    "few-trials": "few search trials let sizes down",
    "backtest-failed": "the back-test failed",
    "u-shape": "the curve turns at its end",
    "two-branch": "the curve rises and falls again",
    "not-begun": "no improvement seen yet",
    "saturated": "more data no longer helps",
    "flat": "noise hides the trend",
    "bends-down": "the power law may not have begun",
    "small-data": "small sizes hardly beat guessing",
    "exponent-range": "an unusual exponent",
    "outlier": "runs that are far off",
    "conflicting-rows": "conflicting rows in the table",
    "copied-runs": "copied runs",
    "duplicate-rows": "duplicate rows",
    "unlabelled-repeats": "repeats without a seed",
    "zero-se": "standard errors of zero",
    "cut-off": "training stopped too early",
    "search-luck": "the luck of the search",
    "warm-start-bias": "settings inherited from small sizes",
    "unequal-trials": "unequal numbers of search trials",
    "winner-at-edge": "winners at the edge of their range",
    "three-sizes": "only three sizes",
    "noise-unknown": "each size was measured once",
}
"""The warnings in a few words; each stands in full beside what it threatens."""


def of(
    curves: Sequence[Mapping[str, Any]],
    verdict: Mapping[str, Any],
    warnings: Sequence[Mapping[str, Any]],
    study: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Give the grade of the verdict, how many hidden sizes its back-test forecast right, and what threatens it most.

    `backtest` counts the curves of the verdict's metric, null where none was tested; `risk` is null where none is known.
    """
    group = [curve for curve in curves if curve["metric"] == verdict["metric"]]
    checks = [check for curve in group for check in curve["backtest"]]
    held = {"inside": sum(bool(check["inside"]) for check in checks), "of": len(checks)} if checks else None
    own = next((curve for curve in group if curve["model"] == verdict["model"]), None)
    return {"grade": verdict["grade"], "backtest": held, "risk": _risk(own, verdict, warnings, study)}


def _risk(
    curve: Mapping[str, Any] | None,
    verdict: Mapping[str, Any],
    warnings: Sequence[Mapping[str, Any]],
    study: Mapping[str, Any] | None,
) -> dict[str, str | None] | None:
    """Give the gravest warning of the verdict's curve or of all, else what there is little of, as code and few words."""
    for one in warnings:  # the gravest first
        about = one["model"] in (None, verdict["model"]) and one["metric"] in (None, verdict["metric"])
        if about and one["code"] in RISKS and CAUSES.get(one["code"], UNKNOWN)[1] > SAID:
            return {"code": one["code"], "text": RISKS[one["code"]]}
    trials = ((study or {}).get("search") or {}).get("trials_per_size")
    if trials is not None and trials < FEW_TRIALS:
        return {
            "code": None,
            "text": f"only {counted(trials, 'search trial')}" if trials > 1 else "no search of the settings",
        }
    sizes = len(curve["points"]) if curve else 0
    if 0 < sizes < FEW_SIZES:
        return {"code": None, "text": f"only {counted(sizes, 'size')}"}
    far = {"guess": "the forecast reaches far beyond the runs", "rough": "a wide interval"}.get(verdict["grade"] or "")
    if far:
        return {"code": None, "text": far}
    return None
