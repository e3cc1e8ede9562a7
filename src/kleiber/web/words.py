"""How a trial, its settings and its losses are written."""

import json
from functools import lru_cache

from kleiber.importers import is_error_rate
from kleiber.metric import Metric
from kleiber.records import Purpose
from kleiber.report.numbers import plain
from kleiber.web.reading import Attempt


def name_of(one: Attempt) -> str:
    """Name a trial as the terminal does."""
    if one.purpose is Purpose.SEARCH:
        number = f"{one.search}.{one.number}" if one.search else str(one.number)
        return f"search trial {number}" + (f", to epoch {one.until}" if one.until else "")
    return f"score {one.replicate}.{one.number}" + (f" of search {one.search}" if one.search else "")


def settings_of(params: str) -> str:
    """Write hyper-parameters in a line."""
    found = json.loads(params)
    return ", ".join(f"{key} {plain(value)}" for key, value in found.items())


def written(metric: str, loss: float | None) -> str:
    """Write a loss of a study's metric in its unit; a dash where there is none."""
    return "–" if loss is None else _scale(metric).write(loss)


@lru_cache(maxsize=64)
def _scale(metric: str) -> Metric:
    return Metric(metric, metric, in_percent=is_error_rate(metric))
