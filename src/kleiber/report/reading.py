"""The findings as plain values: checked once at the door, so that no section and no figure checks again.

Numbers that are not finite have no place in JSON; they become null, which every section writes as a dash.
"""

import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, unwritable
from kleiber.findings import ranking
from kleiber.metric import Metric

SCHEMA = "kleiber-findings/2"


def read(findings: Any) -> dict[str, Any]:
    """Give the findings as a new dictionary of plain values, from a dictionary or anything with `to_dict()`.

    Raises `KleiberError` for another schema, or for a value that JSON cannot hold, naming its place.
    """
    whole = findings if isinstance(findings, Mapping) else findings.to_dict()
    schema = whole.get("schema")
    if schema != SCHEMA:
        raise KleiberError(f"these findings have the schema {schema!r}; this version reads {SCHEMA!r}: analyse them anew")
    plain: dict[str, Any] = _plain(whole, "findings")
    return plain


def _plain(value: Any, place: str) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    raise KleiberError(f"{place} is a {type(value).__name__}; findings hold plain numbers, texts, lists and dictionaries")


DIGITS = 6
DRAWN = ("searches", "tried", "epochs")
"""What a page has of a study's trials in the values of its charts alone, where each can be downloaded."""


def compact(value: Any) -> Any:
    """Give plain values with numbers of six digits, which is more than was ever measured, for the data in the page."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: compact(item) for key, item in value.items()}
    return [compact(item) for item in value] if isinstance(value, list) else value


def carried(findings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the findings as a page carries them: compact, without what its charts hold of trials and costs."""
    found = dict(findings)
    if found.get("study"):
        found["study"] = {key: item for key, item in found["study"].items() if key not in DRAWN}
    if found.get("search"):
        sizes = [{key: item for key, item in one.items() if key != "best_of"} for one in found["search"]["sizes"]]
        found["search"] = {**found["search"], "sizes": sizes}
    if found.get("advice"):
        found["advice"] = [{key: item for key, item in one.items() if key != "costs"} for one in found["advice"]]
    carried: dict[str, Any] = compact(found)
    return carried


def curve_name(curve: Mapping[str, Any]) -> str:
    """Give the name of a curve: its model and its metric, as far as they are given."""
    return " · ".join(str(part) for part in (curve.get("model"), curve.get("metric")) if part) or "curve"


def tells_no_law(forecast: Mapping[str, Any]) -> bool:
    """Say whether a curve shows no fall any more, or gets worse at its end: then neither exponent nor floor is told."""
    return bool(forecast.get("flat") or forecast.get("turned"))


def for_reader(findings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the findings as they are written: the best curve first, fractions that are written in percent in percent."""
    ordered = [curve for group in ranking.groups(findings.get("curves") or []) for curve in group]
    return {**findings, "curves": [_shown(curve) for curve in ordered]}


def shown_first(findings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the curves that the first screen is about: those of the first metric, the best first; of advice, its curve."""
    curves = findings.get("curves") or []
    group = leading(findings)
    about = findings.get("verdict") or {}
    if findings.get("advice"):
        return [curve for curve in curves if all(curve.get(key) == about.get(key) for key in ("model", "metric"))] or group
    return group


def leading(findings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the curves of the metric that leads, in their order."""
    curves = findings.get("curves") or []
    return [curve for curve in curves if curve.get("metric") == curves[0].get("metric")]


HOMES = {
    "form": "curve", "begin": "curve", "few": "curve", "width": "curve", "runs": "curve", "reading": "curve",
    "training": "study", "search": "search", "rows": "heading",
}  # fmt: skip
"""Where a warning stands by its cause: beside what it threatens. Those of another cause have a section of their own."""


def warnings_at(findings: Mapping[str, Any], place: str, curve: Mapping[str, Any] | None = None) -> list[Mapping[str, Any]]:
    """Give the warnings that stand at a place; of "curve", those of one curve, or those of none where none is given."""
    curves = findings.get("curves") or []
    there = {"curve": bool(curves), "study": bool(findings.get("study")), "search": bool(findings.get("search"))}
    found = []
    for one in findings.get("warnings") or []:
        home = HOMES.get(one.get("cause") or "", "warnings")
        owner = next((c for c in curves if all(c.get(key) == one.get(key) for key in ("model", "metric"))), None)
        homeless = not there.get(home, True) or (home == "curve" and one.get("model") is not None and owner is None)
        if ("warnings" if homeless else home) == place and (place != "curve" or owner is curve):
            found.append(one)
    return found


VALUES = (
    "mean",
    "median",
    "predicted",
    "measured",
    "low",
    "high",
    "low50",
    "high50",
    "low90",
    "high90",
    "sd",
    "values",
    "value",
)
"""The fields that are in the user's metric, in a point, a forecast, a band, a back-test, a floor and a target."""


def _shown(curve: Mapping[str, Any]) -> dict[str, Any]:
    scale = Metric.from_dict(curve["scale"])
    if not scale.in_percent:
        return dict(curve)
    forecast = dict(curve["forecast"])
    forecast["at"] = [_times(entry) for entry in forecast["at"]]
    for name in ("band", "floor", "target", "needed"):
        forecast[name] = None if forecast.get(name) is None else _times(forecast[name])
    return {
        **curve,
        "scale": scale.shown.to_dict(),
        "chance": None if curve["chance"] is None else 100 * curve["chance"],
        "points": [_times(point) for point in curve["points"]],
        "backtest": [_times(check) for check in curve["backtest"]],
        "forecast": forecast,
    }


def _times(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Give an entry with its values a hundred times as large."""

    def times(value: Any) -> Any:
        if isinstance(value, list):
            return [times(item) for item in value]
        return None if value is None else 100 * value

    return {key: times(value) if key in VALUES else value for key, value in entry.items()}


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the old content or the new, never a part; gives its path.

    What is there and no file, such as a pipe or /dev/stdout, is written to and stays what it is.

    Raises `KleiberError` where the folder is missing and `MachineError` where the machine does not let us write.
    """
    if not path.parent.is_dir():
        raise KleiberError(f"there is no folder {path.parent}: make it first, or name another place")
    if path.is_dir():
        raise KleiberError(f"{path} is a folder: name a file in it")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return path
        handle, name = tempfile.mkstemp(prefix=".kleiber-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from error
    return path
