"""What a page shows of a ledger now, as pieces of HTML by id; every text of a user is escaped, as in the report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from kleiber.report.markup import fill
from kleiber.report.numbers import short
from kleiber.web.epochs import chart
from kleiber.web.now import best_of, left_of, now_of
from kleiber.web.progress import Progress, stood
from kleiber.web.reading import Attempt, Losses
from kleiber.web.rungs import rung_of
from kleiber.web.words import name_of, settings_of, written
from kleiber.wording import duration

Shown = tuple[str, dict[str, str], dict[str, list[str]]]

ATTEMPT = """
<tr id="{{ id }}" class="{{ state }}"><th scope="row"><a href="{{ href }}">{{ n }}</a></th>
<td class="word">{{ what }}</td><td class="word">{{ name(settings) }}</td>
<td class="word"><span class="as {{ state }}">{{ state }}</span></td>
<td>{{ validation }}</td><td>{{ test }}</td><td>{{ epochs }}</td>
<td>{% if since %}<span class="since" data-since="{{ since }}"></span>{% else %}{{ seconds }}{% endif %}</td>
<td class="word reason">{{ name(reason) }}</td></tr>
"""
FORECAST = """
<p id="forecast" class="about" role="status">{{ name(said) }}{% if at %} <time data-at="{{ at }}"></time>{% endif %}</p>
"""
STUDY = """
<tr id="{{ id }}" data-state="{{ state }}"><td class="pick">
<input type="checkbox" name="study" value="{{ number }}" aria-label="compare {{ title | shown }}"></td>
<th scope="row" class="word"><a href="/study/{{ number }}">{{ name(title) }}</a></th>
<td class="word"><span class="dot" aria-hidden="true"></span>{{ state }}</td>
<td><progress max="{{ total }}" value="{{ done }}" aria-label="trials measured"></progress></td>
<td>{{ done }} of {{ total }}</td><td>{{ name(best) }}</td><td>{{ left }}</td></tr>
"""
TRAINING = """
<section id="training"{% if chart %} aria-labelledby="training-h"><h2 id="training-h">Loss against epochs</h2>
{{ chart }}{% else %} hidden>{% endif %}</section>
"""
PROBLEM = '<p id="problem" class="problem" role="status">{{ name(said) }}</p>'


class HasSections(Protocol):
    """What was last forecast: sections of the report as [id, HTML], what went wrong, when it was (seconds, 0 for never)."""

    sections: list[tuple[str, str]]
    error: str
    at: float
    busy: bool


def study(
    progress: Progress,
    overview: Mapping[str, Any],
    told: HasSections,
    histories: Mapping[int, Losses],
    price: float | None,
    problem: str,
) -> Shown:
    """Give the pieces of the page of one study: how far it is, its sizes, its attempts, and what is forecast now."""
    held = overview["state"] == "running"
    rungs = {f"rung-{size['n']}": rung_of(progress, size["n"], histories, held) for size in overview["sizes"]}
    said = {seq: len(losses) for seq, losses in histories.items()}
    newest = {f"attempt-{one.seq}": _attempt(progress, one, held, said) for one in _newest(progress.recent)}
    griefs = {f"grief-{one.seq}": _attempt(progress, one, held, said, "grief") for one in _newest(progress.troubles)}
    sections = dict(told.sections)
    pieces = {"now": now_of(progress, overview, price), "forecast": _forecast(told, progress), "problem": _problem(problem)}
    drawn = chart(progress.recent.values(), histories, "live-epochs")
    pieces["training"] = fill(TRAINING, chart=drawn).strip()
    lists = {"rungs": list(rungs), "attempts": list(newest), "griefs": list(griefs), "told": list(sections)}
    title = f"{_percent(overview)} {progress.entry.name}" if held else progress.entry.name
    return title, {**pieces, **rungs, **newest, **griefs, **sections}, lists


def compared(
    progresses: Sequence[Progress], overviews: Mapping[int, Mapping[str, Any]], told: HasSections, problem: str
) -> Shown:
    """Give the pieces of the page that compares several studies."""
    rows = {f"study-{p.entry.id}": _study(p, overviews[p.entry.id]) for p in progresses}
    sections = dict(told.sections)
    pieces = {"forecast": _forecast(told, *progresses), "problem": _problem(problem)}
    title = " and ".join(progress.entry.name for progress in progresses)
    return title, {**pieces, **rows, **sections}, {"studies": list(rows), "told": list(sections)}


def ledger(path: Path, progresses: Sequence[Progress], overviews: Mapping[int, Mapping[str, Any]], problem: str) -> Shown:
    """Give the pieces of the page of a ledger: its studies, the newest first, and what is wrong with it."""
    rows = {f"study-{p.entry.id}": _study(p, overviews[p.entry.id]) for p in reversed(progresses)}
    waits = "" if rows else f"{path.name} has no study yet; one appears here as soon as it starts."
    return path.name, {"problem": _problem(problem or waits), **rows}, {"studies": list(rows)}


def _attempt(progress: Progress, one: Attempt, held: bool, said: Mapping[int, int], kind: str = "attempt") -> str:
    """Give the row of an attempt; `said` has the number of epochs that each has reported so far."""
    state = stood(str(one.state), one.reason, held)
    reason = " ".join(part for part in (one.reason, one.message) if part and part != state)
    return fill(
        ATTEMPT,
        id=f"{kind}-{one.seq}",
        href=f"/study/{progress.entry.id}/attempt/{one.seq}",
        n=f"{one.n:,}",
        what=name_of(one),
        settings=short(settings_of(one.params), 60),
        state=state,
        validation=written(progress.metric, one.validation.get(progress.metric)),
        test=written(progress.metric, one.test.get(progress.metric)),
        epochs=f"{epochs:,}" if (epochs := one.epochs or said.get(one.seq, 0)) else "–",
        since=one.started if state == "running" else "",
        seconds=duration(one.seconds) if one.seconds else "–",
        reason=short(reason, 140),
    ).strip()


def _newest(listed: Mapping[int, Attempt]) -> list[Attempt]:
    return [listed[seq] for seq in sorted(listed, reverse=True)]


def _forecast(told: HasSections, *progresses: Progress) -> str:
    if told.error:
        said = f"No new forecast: {short(told.error, 300)}"
    elif told.at:
        said = "What follows is the report of what is measured so far, made"
    elif any(progress.measured for progress in progresses):
        said = "The forecast is being worked out."
    else:
        said = "The learning curve and its forecast appear with the first scores."
    return fill(FORECAST, said=said, at="" if told.error or not told.at else f"{1000 * told.at:.0f}").strip()


def _study(progress: Progress, overview: Mapping[str, Any]) -> str:
    best = best_of(progress)
    span, out = overview["seconds_left"], max(len(progress.running), 1)
    return fill(
        STUDY,
        id=f"study-{progress.entry.id}",
        number=progress.entry.id,
        title=progress.entry.name,
        state=overview["state"],
        total=overview["trials"],
        done=overview["trials"] - overview["left"],
        best=f"{best[0].lower().removeprefix('best ')} {best[1]}" if best else "–",
        left=left_of(span, out)[0] if overview["left"] else "–",
    ).strip()


def _problem(said: str) -> str:
    return str(fill(PROBLEM, said=said))


def _percent(overview: Mapping[str, Any]) -> str:
    total = overview["trials"]
    return f"{100 * (total - overview['left']) // max(total, 1)} %"
