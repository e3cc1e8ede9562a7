"""What a page shows of a ledger now, as pieces of HTML by id; every text of a user is escaped, as in the report."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from kleiber import wording
from kleiber.importers import is_error_rate
from kleiber.metric import Metric
from kleiber.records import Purpose, State
from kleiber.report.markup import fill
from kleiber.report.numbers import plain, short
from kleiber.web.cells import squares
from kleiber.web.epochs import chart, spark
from kleiber.web.progress import Progress, stood
from kleiber.web.reading import Attempt
from kleiber.wording import counted, duration

Shown = tuple[str, dict[str, str], dict[str, list[str]]]
LINES = 12  # of a size's losses against epochs, those of its newest attempts, beside the best one
VAGUE = 9.0  # ratio of an interval's ends from which its middle is not shown

NOW = """
<section id="now" class="now" data-state="{{ state }}" aria-labelledby="now-h">
<h2 id="now-h"><span class="dot" aria-hidden="true"></span>{{ headline }}</h2>
<progress max="{{ total }}" value="{{ done }}" aria-label="trials measured">{{ done }} of {{ total }}</progress>
<dl class="figures">
{% for what, number, about in figures %}
<div><dt>{{ name(what) }}</dt><dd class="big">{{ name(number) }}</dd><dd class="about">{{ name(about | together) }}</dd></div>
{% endfor %}
</dl>
{% if out %}<ul class="out">{% for one in out %}
<li><b>{{ one.what }}</b> {{ name(one.settings) }} <span class="since" data-since="{{ one.since }}"></span></li>
{% endfor %}</ul>{% endif %}
</section>
"""
RUNG = """
<tr id="{{ id }}"><th scope="row">{{ n }}</th>
<td class="word">{{ search }}</td><td class="word">{{ score }}</td>
<td>{{ name(best) }}</td><td>{{ name(test) }}</td><td class="word">{{ spark }}</td></tr>
"""
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
    histories: Mapping[int, Sequence[float | None]],
    price: float | None,
) -> Shown:
    """Give the pieces of the page of one study: how far it is, its sizes, its attempts, and what is forecast now."""
    number, held = progress.entry.id, overview["state"] == "running"
    rungs = {f"rung-{size['n']}": _rung(progress, size, histories, held) for size in overview["sizes"]}
    newest = {f"attempt-{one.seq}": _attempt(progress, one, number, held) for one in _newest(progress.recent)}
    griefs = {f"grief-{one.seq}": _attempt(progress, one, number, held, "grief") for one in _newest(progress.troubles)}
    sections = dict(told.sections)
    pieces = {"now": _now(progress, overview, price), "forecast": _forecast(told, progress), "problem": _problem("")}
    drawn = chart(progress.recent.values(), histories, progress.metric, "live-epochs")
    pieces["training"] = fill(TRAINING, chart=drawn).strip()
    lists = {"rungs": list(rungs), "attempts": list(newest), "griefs": list(griefs), "told": list(sections)}
    title = f"{_percent(overview)} {progress.entry.name}" if held else progress.entry.name
    return title, {**pieces, **rungs, **newest, **griefs, **sections}, lists


def compared(progresses: Sequence[Progress], overviews: Mapping[int, Mapping[str, Any]], told: HasSections) -> Shown:
    """Give the pieces of the page that compares several studies."""
    rows = {f"study-{p.entry.id}": _study(p, overviews[p.entry.id]) for p in progresses}
    sections = dict(told.sections)
    pieces = {"forecast": _forecast(told, *progresses), "problem": _problem("")}
    title = " and ".join(progress.entry.name for progress in progresses)
    return title, {**pieces, **rows, **sections}, {"studies": list(rows), "told": list(sections)}


def ledger(path: Path, progresses: Sequence[Progress], overviews: Mapping[int, Mapping[str, Any]], problem: str) -> Shown:
    """Give the pieces of the page of a ledger: its studies, the newest first, and what is wrong with it."""
    rows = {f"study-{p.entry.id}": _study(p, overviews[p.entry.id]) for p in reversed(progresses)}
    waits = "" if rows else f"{path.name} has no study yet; one appears here as soon as it starts."
    return path.name, {"problem": _problem(problem or waits), **rows}, {"studies": list(rows)}


def drawn(progress: Progress) -> Iterator[int]:
    """Give the numbers of the attempts whose losses against epochs the page of a study draws."""
    yield from (seq for seq, one in progress.recent.items() if one.state is not State.RUNNING)
    for n in progress.described["sizes"]:
        yield from _lines(progress, n)


def name_of(one: Attempt) -> str:
    """Name a trial as the terminal does."""
    if one.purpose is Purpose.SEARCH:
        return f"search trial {one.number}" + (f", to epoch {one.until}" if one.until else "")
    return f"score {one.replicate}.{one.number}"


def settings_of(params: str) -> str:
    """Write hyper-parameters in a line."""
    found = json.loads(params)
    return ", ".join(f"{key} {plain(value)}" for key, value in found.items())


def written(metric: str, loss: float | None) -> str:
    """Write a loss of a study's metric in its unit; a dash where there is none."""
    return "–" if loss is None else Metric(metric, metric, in_percent=is_error_rate(metric)).write(loss)


def _now(progress: Progress, overview: Mapping[str, Any], price: float | None) -> str:
    done, state = overview["trials"] - overview["left"], overview["state"]
    said = {"complete": "Complete", "running": "Running", "interrupted": "Interrupted", "not finished": "Not finished"}
    headline = f"{said[state]}: {done:,} of {counted(overview['trials'], 'trial')} measured"
    running = sorted(progress.running.values(), key=lambda one: one.seq) if state == "running" else []
    out = [
        {"what": f"n = {one.n:,}, {name_of(one)}", "settings": short(settings_of(one.params), 80), "since": one.started}
        for one in running[:8]
    ]
    figures = [figure for figure in _figures(progress, overview, len(running), price) if figure]
    return fill(NOW, state=state, headline=headline, total=overview["trials"], done=done, figures=figures, out=out).strip()


def _figures(
    progress: Progress, overview: Mapping[str, Any], out: int, price: float | None
) -> Iterator[tuple[str, str, str] | None]:
    yield _best(progress)
    span, together = overview["seconds_left"], max(out, 1)
    if overview["left"]:
        number, about = _left(span, together)
        yield "Time left", number, about + (f", with {counted(out, 'trial')} at once" if out > 1 else "")
    yield "Time used", duration(overview["seconds"]), "of one worker, failures included"
    if price is not None:
        cost = overview["seconds"] / 3600 * price
        rest = "" if not overview["left"] or span is None else _cost_left(span, price)
        yield "Cost so far", wording.number(cost), rest or f"at {price:g} an hour of one worker"
    if out:
        yield "At work", counted(out, "trial"), f"{progress.entry.holder.partition(',')[0]}"


def _left(span: Mapping[str, float] | None, together: int) -> tuple[str, str]:
    """Write the time left with its 90 % interval, for so many trials at once."""
    if span is None:
        return "–", "not known before the first trials"
    middle, low, high = (duration(span[key] / together) for key in ("seconds", "low", "high"))
    if span["low"] > 0 and span["high"] > VAGUE * span["low"]:
        return f"{low} to {high}", "90 % interval; it narrows with more trials"
    return f"about {middle}", f"90 % interval {low} to {high}"


def _cost_left(span: Mapping[str, float], price: float) -> str:
    middle, low, high = (wording.number(span[key] / 3600 * price) for key in ("seconds", "low", "high"))
    return f"about {middle} to come (90 % interval {low} to {high})"


def _best(progress: Progress) -> tuple[str, str, str] | None:
    """Give the lowest mean test loss of a size so far or, before there is one, the lowest validation loss."""
    metric = progress.metric
    means = {n: sum(losses) / len(losses) for n, losses in progress.scores.items() if losses}
    if means:
        n = min(means, key=means.__getitem__)
        losses = progress.scores[n]
        about = f"mean of {counted(len(losses), 'score')} at n = {n:,}"
        if len(losses) > 1:
            about += f", from {written(metric, min(losses))} to {written(metric, max(losses))}"
        return f"Best test {metric}", written(metric, means[n]), about
    bests = {n: cell.loss for n in progress.described["sizes"] if (cell := progress.best(n)) and cell.loss is not None}
    if not bests:
        return None
    n = min(bests, key=bests.__getitem__)
    return f"Best validation {metric}", written(metric, bests[n]), f"of the search at n = {n:,}, not yet scored"


def _rung(progress: Progress, size: Mapping[str, Any], histories: Mapping[int, Any], held: bool) -> str:
    n, described, metric = size["n"], progress.described, progress.metric
    search = described["search"]["trials"] if described["search"]["space"] else 0
    scores = [(r, s) for r in range(1, described["replicates"] + 1) for s in range(described["seeds_per_subset"])]
    cells = {purpose: progress.cells.get((n, purpose), {}) for purpose in Purpose}
    losses = progress.scores.get(n, [])
    test = written(metric, sum(losses) / len(losses) if losses else None)
    if len(losses) > 1:
        test += f" ({written(metric, min(losses))} to {written(metric, max(losses))})"
    best, lines = progress.best(n), _lines(progress, n)
    newest = max((seq for seq in lines if histories.get(seq)), default=None) if held else None
    return fill(
        RUNG,
        id=f"rung-{n}",
        n=f"{n:,}",
        search=squares([(0, i) for i in range(search)], cells[Purpose.SEARCH], "search trial", held=held) if search else "",
        score=squares(scores, cells[Purpose.SCORE], "score", held=held),
        best=written(metric, best.loss if best else None),
        test=test,
        spark=spark({seq: histories.get(seq, []) for seq in lines}, best.seq if best else None, newest),
    ).strip()


def _lines(progress: Progress, n: int) -> list[int]:
    """Give the attempts of a size whose losses against epochs are drawn: the newest of its search, and the best."""
    cells = progress.cells.get((n, Purpose.SEARCH)) or progress.cells.get((n, Purpose.SCORE), {})
    ended = sorted(cell.seq for cell in cells.values() if cell.state in (State.OK, State.DIVERGED))[-LINES:]
    best = progress.best(n)
    return ended if best is None or best.seq in ended else [best.seq, *ended]


def _attempt(progress: Progress, one: Attempt, number: int, held: bool, kind: str = "attempt") -> str:
    state = stood(str(one.state), one.reason, held)
    reason = " ".join(part for part in (one.reason, one.message) if part and part != state)
    return fill(
        ATTEMPT,
        id=f"{kind}-{one.seq}",
        href=f"/study/{number}/attempt/{one.seq}",
        n=f"{one.n:,}",
        what=name_of(one),
        settings=short(settings_of(one.params), 60),
        state=state,
        validation=written(progress.metric, one.validation.get(progress.metric)),
        test=written(progress.metric, one.test.get(progress.metric)),
        epochs=f"{one.epochs:,}" if one.epochs else "–",
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
    best = _best(progress)
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
        left=_left(span, out)[0] if overview["left"] else "–",
    ).strip()


def _problem(said: str) -> str:
    return str(fill(PROBLEM, said=said))


def _percent(overview: Mapping[str, Any]) -> str:
    total = overview["trials"]
    return f"{100 * (total - overview['left']) // max(total, 1)} %"
