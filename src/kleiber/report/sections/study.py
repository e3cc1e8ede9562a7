"""The study behind the curves: its data, its rungs, the winner of each search, and what became of the trials."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import Table, fill, table, warned
from kleiber.report.numbers import duration, fixed, percent, places, plain, size
from kleiber.report.reading import warnings_at
from kleiber.wording import counted

ORDER = 50
TITLE = "Study"
ABOUT = "data, sizes, winners and settings"

TEMPLATE = """
{{ warnings }}
<dl class="facts">
{% for what, value in facts %}<div><dt>{{ what }}</dt><dd>{{ name(value) }}</dd></div>
{% endfor %}
</dl>
{% if notes %}<ul class="notes">{% for note in notes %}<li>{{ name(note) }}</li>{% endfor %}</ul>{% endif %}
<div class="tables">{{ rungs }}{{ trials }}</div>
{{ winners }}
{% if settings %}
<details><summary>All settings of the study</summary>{{ settings }}</details>
{% endif %}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the study; nothing where the findings come from a table of somebody else's runs."""
    study = findings.get("study")
    if not study:
        return Markup("")
    settings = list(_flat(study.get("description") or {}, ""))
    rungs, winners = study.get("rungs") or [], study.get("winners") or []
    return fill(
        TEMPLATE,
        warnings=warned(warnings_at(findings, "study")),
        facts=list(_facts(study)),
        notes=(study.get("data") or {}).get("notes") or [],
        rungs=table(_rungs(rungs)) if rungs else "",
        trials=table(_trials(study["trials"])) if study.get("trials") else "",
        winners=table(_winners(winners)) if winners else "",
        settings=table(Table("Settings", ["key", "value"], settings, frozenset({0, 1}))) if settings else "",
    )


def _facts(study: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    data, search = study.get("data") or {}, study.get("search") or {}
    yield "Study", str(study.get("name") or "")
    yield "Model", str(study.get("model") or "")
    if data:
        yield "Data", str(data["name"])
        classes = f", {counted(data['classes'], 'class')}" if data.get("classes") else ""
        yield "Task", f"{data['task']}{classes}"
        yield (
            "Examples",
            (f"{size(data['train'])} to train, {size(data['validation'])} to validate, {size(data['test'])} to test"),
        )
        yield "Fingerprint", str(data["fingerprint"])[:16]
    if search:
        yield "Search", f"{counted(search['trials_per_size'], 'trial')} at each size, sampler {search['sampler']}"
        if search.get("searches"):
            yield "Searches", f"{search['searches']} of each size, each with its own winner and scores"
        if search.get("pilot"):
            yield "Pilot", f"{counted(search['pilot'], 'trial')} at the smallest size, which narrow the space for all"
        if search.get("stages"):
            epochs = " and ".join(str(stage) for stage in search["stages"])
            yield "Stages", f"all pause after epoch {epochs}, where the best {percent(search['keep'])} go on"
    if study.get("seconds") is not None:
        yield "Computing time", duration(study["seconds"])


def _rungs(rungs: list[Mapping[str, Any]]) -> Table:
    rows = [
        [size(rung["n"]), size(rung["trials"]), size(rung["replicates"]), percent(rung.get("overlap"))] for rung in rungs
    ]
    return Table("Rungs", ["n", "trials", "replicates", "overlap of subsets"], rows)


def _trials(trials: Mapping[str, int]) -> Table:
    total = sum(trials.values())
    rows = [[state, size(count), percent(count / total if total else 0)] for state, count in trials.items()]
    return Table("Trials by state", ["state", "trials", "share"], rows, frozenset({0}))


def _winners(winners: list[Mapping[str, Any]]) -> Table:
    """Give the chosen settings; one that lies at the edge of its range is marked, as the range may be too narrow."""
    several = any(winner.get("searches") for winner in winners)
    winners = [one for winner in winners for one in winner.get("searches") or [winner]]
    keys = list(dict.fromkeys(key for winner in winners for key in winner["params"]))
    digits = places(winner["validation_loss"] for winner in winners)
    rows = [
        [
            size(winner["n"]),
            *([str(winner["search"] + 1)] if several else []),
            fixed(winner["validation_loss"], digits),
            *(_setting(winner, key) for key in keys),
        ]
        for winner in winners
    ]
    caption = "Winners of the searches"
    if any(winner.get("at_edge") for winner in winners):
        caption += " (marked: at the edge of its range)"
    return Table(caption, ["n", *(["search"] if several else []), "validation loss", *keys], rows)


def _setting(winner: Mapping[str, Any], key: str) -> object:
    text = plain(winner["params"].get(key))
    if key in (winner.get("at_edge") or []):
        return Markup('<mark title="at the edge of its range">{}</mark>').format(text)
    return text


def _flat(value: Mapping[str, Any], prefix: str) -> Iterator[list[object]]:
    """Give nested settings as lines, keys joined by points."""
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _flat(item, f"{prefix}{key}.")
        else:
            yield [f"{prefix}{key}", plain(item)]
