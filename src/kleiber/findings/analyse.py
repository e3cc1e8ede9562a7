"""The whole infer half in one call: measurements in, findings out, as plain data that the report and JSON share.

What is not asked of each source (a comparison, advice, a search) is imported where it is asked for.
"""

import copy
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from kleiber import importers
from kleiber.curves.curve import Curve, Sizes, check_named, curves_of
from kleiber.curves.scored import curve_of_scored, is_scored
from kleiber.curves.shares import require_examples
from kleiber.curves.sources import as_asked, curves_from, matching, no_curve, target_loss
from kleiber.findings import classes, editor, findings, questions, ranking, searched, sentences, settings, trust, verdict
from kleiber.forecasting import calibration as learnt
from kleiber.forecasting.forecast import Forecast
from kleiber.wording import listed

SCHEMA = "kleiber-findings/2"
MOST_ASKED = 3  # curves of which a page carries draws, 20 kB each
MOST_COMPARED = 6  # models of one metric: every pair is told


@dataclass(frozen=True, slots=True)
class Findings:
    """Curves, forecasts, back-tests and sentences as plain data: all that a report sees."""

    content: Mapping[str, Any]

    def __repr__(self) -> str:
        """Give the sentences that are shown, one a line; all of it is `content`."""
        return "\n".join(self.shown) or f"findings of {self.content['title']}"

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the findings in words, most important first."""
        return tuple(self.content["sentences"])

    @property
    def shown(self) -> tuple[str, ...]:
        """Give the sentences that a page or a command shows where nobody asks for all."""
        return tuple(editor.shown(self.sentences))

    def to_dict(self) -> dict[str, Any]:
        """Give a copy as dicts, lists, text, numbers, booleans and None."""
        return copy.deepcopy(dict(self.content))

    def to_json(self) -> str:
        """Give strict JSON: no NaN, no Infinity; a size searched for in vain is null."""
        return json.dumps(self.content, allow_nan=False, ensure_ascii=False, indent=1)


def analyse(
    source: Any,
    *,
    metric: str | None = None,
    model: str | None = None,
    column: Mapping[str, str] | None = None,
    at: Sequence[float] | None = None,
    target: float | str | None = None,
    price_per_example: float | None = None,
    value_per_point: float | None = None,
    terms: Mapping[str, Any] | None = None,
    what_if: bool = False,
    effects: bool = False,
    random_state: int = 0,
    laws: Any = None,
    calibration: Any = None,
) -> Findings:
    """Forecast and back-test every curve of a source, and say in sentences what follows.

    `source` is what `forecast` takes; `metric` and `model` leave only the curves that match, `column` maps our names to
    those of a table, as in {"n": "samples"}. `at` are sizes to forecast (default 2, 4 and 8 times the largest measured),
    `target` what the metric is to reach, in its own unit (0.95, or "95%"), `price_per_example` what one more costs.
    `value_per_point`, what 0.01 of the loss less is worth, asks for advice on each curve: `terms` are the other arguments
    of `plan`. `what_if` adds what a page needs to answer anew for other targets and terms, for up to `MOST_ASKED` curves.
    `effects` adds what another value of each searched hyper-parameter would do, where the trials of a ledger's search tell.
    Two to `MOST_COMPARED` models of one metric are compared. `laws` and `calibration` are those of `forecast`,
    and of its back-test. Where metric names the loss of a score (metric="error" of an accuracy), all is told as that loss,
    the target too. Where the back-test fails, whatever is forecast beyond the largest size is a guess.
    Raises `KleiberError` where no curve matches, or where a target is given for several metrics.
    """
    check_named(metric, model)
    table, every = _read(source, column)
    curves = as_asked(_matching(every, metric, model), metric)
    questions.check(curves, target, price_per_example if value_per_point is None else None, at)
    for curve in curves:
        require_examples(curve, price_per_example=price_per_example, at=at)
    questions.check_terms(value_per_point, price_per_example, terms)
    target = None if target is None else target_loss(curves, metric, target)
    how = {"random_state": random_state, "laws": laws, "calibration": calibration}
    table_used = learnt.chosen(calibration)
    judged = [findings.judge(curve, how) for curve in curves]
    found = [findings.of_curve(one, at, target) for one in judged]
    forecasts = [one.forecast for one in judged]
    comparisons = _comparisons(forecasts, at, target, random_state)
    advice = (
        [] if value_per_point is None else _advice(forecasts, value_per_point, price_per_example, terms or {}, random_state)
    )
    said = [sentences.Said("advice", text) for one in advice for text in one["sentences"]]
    said += [*_said(found, price_per_example), *_compared(comparisons)]
    by_search = searched.measured_of(table.study if table else None, every)
    warnings = _warnings(table, found, by_search)
    study = copy.deepcopy(dict(table.study)) if table and table.study else None
    told = verdict.of(found, advice, comparisons)
    return Findings(
        {
            "schema": SCHEMA,
            "title": _title(table, found),
            "verdict": told,
            "trust": trust.of(found, told, warnings, study),
            "study": study,
            "curves": found,
            "search": searched.search(study, by_search, random_state),
            "classes": classes.of_table(table, metric, model, random_state),
            "what_if": _what_if(found, forecasts, terms or {}, random_state) if what_if else [],
            **({"settings": settings.of_study(study)} if effects else {}),
            "comparisons": comparisons,
            "advice": advice,
            "warnings": warnings,
            "sentences": editor.ranked(said),
            "provenance": _provenance(source) | {"calibration": _plain(table_used.provenance)},
        }
    )


def _said(found: Sequence[Mapping[str, Any]], price: float | None) -> list[sentences.Said]:
    """Give the sentences of curves; of a model's metrics, the one in percent comes first, the others last."""
    first: dict[str, Mapping[str, Any]] = {}
    for entry in sorted(found, key=lambda one: not ranking.in_percent(one)):
        first.setdefault(entry["model"], entry)
    said: list[sentences.Said] = []
    for entry in found:
        told = sentences.of_curve(entry, price, alone=len(first) == 1)
        own = entry is first[entry["model"]]
        refused = entry["forecast"]["status"] == "refused"  # which says its metric
        whose = "" if refused else f"Of {entry['metric']}: "
        said += told if own else [sentences.Said("other", whose + one.text) for one in told]
    return said


def _compared(comparisons: Sequence[Mapping[str, Any]]) -> Iterator[sentences.Said]:
    """Give the sentences of comparisons; the first of each says which model is best."""
    for one in comparisons:
        yield sentences.Said("best", one["sentences"][0])
        yield from (sentences.Said("comparison", text) for text in one["sentences"][1:])


def _warnings(
    table: importers.Table | None, found: Sequence[Mapping[str, Any]], by_search: Sizes | None
) -> list[dict[str, Any]]:
    """Give what is warned of, weighed: how the source was read, how its study was searched, and each curve."""
    notes: list[Mapping[str, Any]] = []
    if table is not None:
        notes += [_warning("rows", note) for note in table.counted]
        notes += [_warning("import", note) for note in table.notes if note not in table.counted]
        notes += [] if table.study is None else searched.tuning(table.study, by_search)
    for entry in found:
        whose = {"model": entry["model"], "metric": entry["metric"]}
        notes += [{**warning, **whose} for warning in entry["forecast"]["warnings"]]
    return editor.weighed(notes)


def _comparisons(
    forecasts: Sequence[Forecast], at: Sequence[float] | None, target: float | None, random_state: int
) -> list[dict[str, Any]]:
    """Compare the models of each metric that has two of them or more, as plain data; of too many, none."""
    metrics = dict.fromkeys(fc.curve.metric for fc in forecasts)
    groups = [{fc.curve.model: fc for fc in forecasts if fc.curve.metric == metric} for metric in metrics]
    told = [
        group
        for group in groups
        if 2 <= len(group) <= MOST_COMPARED
        and sum(fc.status == "ok" for fc in group.values()) > 1
        and len({fc.curve.data for fc in group.values()} - {None}) < 2  # models of several data sets are not compared
    ]
    if not told:
        return []
    from kleiber.answers.compare.compare import compare_judged

    return [compare_judged(group, at=at, target=target, random_state=random_state).to_dict() for group in told]


def _advice(
    forecasts: Sequence[Forecast], value: float, price: float | None, terms: Mapping[str, Any], random_state: int
) -> list[dict[str, Any]]:
    """Advise on each curve, as plain data with its model and metric."""
    from kleiber.answers.plan.decide import plan

    return [
        {"model": fc.curve.model, "metric": fc.curve.scale.name}
        | plan(
            fc,
            value_per_point=value,
            price_per_example=0.0 if price is None else price,
            random_state=random_state,
            **terms,
        ).to_dict()
        for fc in forecasts
    ]


def _what_if(
    found: Sequence[Mapping[str, Any]], forecasts: Sequence[Forecast], terms: Mapping[str, Any], random_state: int
) -> list[dict[str, Any]]:
    """Give what a page carries of the best curves of the metric that leads."""
    from kleiber.answers.plan.carried import carried

    of = {(fc.curve.model, fc.curve.scale.name): fc for fc in forecasts if fc.status == "ok"}
    named = [(one["model"], one["metric"]) for one in ranking.groups(found)[0]]
    known = [of[one] for one in named if one in of][:MOST_ASKED]
    owned, available = (terms.get(name) for name in ("owned", "available"))
    return [carried(fc, owned=owned, available=available, random_state=random_state) for fc in known]


def _read(source: Any, column: Mapping[str, str] | None) -> tuple[importers.Table | None, list[Curve]]:
    if is_scored(source):
        return None, [curve_of_scored(source)]
    if isinstance(source, Curve) or (isinstance(source, list | tuple) and source and isinstance(source[0], Curve)):
        return None, curves_from(source, column)
    table = importers.read(source, column=column)
    return table, curves_of(table)


def _matching(curves: list[Curve], metric: str | None, model: str | None) -> list[Curve]:
    found = matching(curves, metric, model)
    if not found:
        raise no_curve(curves, metric, model)
    return found


def _warning(code: str, message: str) -> dict[str, str | None]:
    return {"code": code, "message": message, "model": None, "metric": None}


def _plain(provenance: Mapping[str, Any]) -> dict[str, str | int | None]:
    """Give a calibration's provenance as JSON can hold it."""
    return {str(key): value if value is None or isinstance(value, int) else str(value) for key, value in provenance.items()}


def _title(table: importers.Table | None, found: Sequence[Mapping[str, Any]]) -> str:
    """Give the name of a study, or the metrics and models of the curves, the best first."""
    if table and table.study and table.study.get("name"):
        return str(table.study["name"])
    ordered = [entry for group in ranking.groups(found) for entry in group]
    metrics, models = (list(dict.fromkeys(str(entry[key]) for entry in ordered)) for key in ("metric", "model"))
    more = [f"{len(models) - 3} more"] if len(models) > 4 else []
    return f"{listed(metrics[:3])} of {listed([*models[: 3 if more else 4], *more])}"


def _provenance(source: Any) -> dict[str, str]:
    try:
        version = importlib.metadata.version("kleiber")
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "source", None)
    named = "data in memory" if path is None else Path(path).name
    return {
        "kleiber": version,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "source": str(named),
    }
