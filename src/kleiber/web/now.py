"""How a study stands now, as the head of its page says it: progress, best so far, time, cost, and what is at work."""

from collections.abc import Iterator, Mapping
from typing import Any

from kleiber import wording
from kleiber.records import Purpose
from kleiber.report.markup import fill
from kleiber.report.numbers import short
from kleiber.web.progress import Progress
from kleiber.web.words import name_of, settings_of, written
from kleiber.wording import counted, duration

VAGUE = 9.0  # ratio of an interval's ends from which its middle is not shown

NOW = """
<section id="now" class="now" data-state="{{ state }}" aria-labelledby="now-h">
<h2 id="now-h"><span class="dot" aria-hidden="true"></span>{{ headline }}</h2>
<progress max="{{ total }}" value="{{ done }}" aria-label="trials measured">{{ done }} of {{ total }}</progress>
<dl class="figures">
{% for what, number, about in figures %}
<div><dt>{{ name(what) }}</dt><dd class="big">{{ name(number) }}</dd>
<dd class="about">{{ name(about | together) }}</dd></div>
{% endfor %}
</dl>
{% if out %}<ul class="out">{% for one in out %}
<li><b>{{ one.what }}</b> {{ name(one.settings) }} <span class="since" data-since="{{ one.since }}"></span></li>
{% endfor %}</ul>{% endif %}
</section>
"""


def now_of(progress: Progress, overview: Mapping[str, Any], price: float | None) -> str:
    """Give the head of a study's page: how far it is, its best value, time and cost used and left, and what runs."""
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
    yield best_of(progress)
    span, together = overview["seconds_left"], max(out, 1)
    if overview["left"]:
        number, about = left_of(span, together)
        yield "Time left", number, about + (f", with {counted(out, 'trial')} at once" if out > 1 else "")
    yield "Time used", duration(overview["seconds"]), "of one worker, failures included"
    if price is not None:
        cost = overview["seconds"] / 3600 * price
        rest = "" if not overview["left"] or span is None else _costleft_of(span, price)
        yield "Cost so far", wording.number(cost), rest or f"at {price:g} an hour of one worker"
    if out:
        yield "At work", counted(out, "trial"), f"{progress.entry.holder.partition(',')[0]}"


def left_of(span: Mapping[str, float] | None, together: int) -> tuple[str, str]:
    """Write the time left with its 90 % interval, for so many trials at once."""
    if span is None:
        return "–", "not known before the first trials"
    middle, low, high = (duration(span[key] / together) for key in ("seconds", "low", "high"))
    if span["low"] > 0 and span["high"] > VAGUE * span["low"]:
        return f"{low} to {high}", "90 % interval; it narrows with more trials"
    return f"about {middle}", f"90 % interval {low} to {high}"


def _costleft_of(span: Mapping[str, float], price: float) -> str:
    middle, low, high = (wording.number(span[key] / 3600 * price) for key in ("seconds", "low", "high"))
    return f"about {middle} to come (90 % interval {low} to {high})"


def best_of(progress: Progress) -> tuple[str, str, str] | None:
    """Give the lowest mean test loss of a size so far or, before there is one, the lowest validation loss."""
    metric = progress.metric
    means = {n: sum(losses) / len(losses) for n, losses in progress.scores.items() if losses}
    if means:
        n = min(means, key=means.__getitem__)
        losses = progress.scores[n]
        about = f"mean of {counted(len(losses), 'score')} at {_size(progress, n)}"
        if len(losses) > 1:
            about += f", from {written(metric, min(losses))} to {written(metric, max(losses))}"
        return f"Best test {metric}", written(metric, means[n]), about
    found = {n: progress.filling[n, Purpose.SEARCH].best for n in progress.described["sizes"]}
    bests = {n: cell.loss for n, cell in found.items() if cell is not None and cell.loss is not None}
    if not bests:
        return None
    n = min(bests, key=bests.__getitem__)
    return f"Best validation {metric}", written(metric, bests[n]), f"of the search at {_size(progress, n)}, not yet scored"


def _size(progress: Progress, n: int) -> str:
    return f"{n:,} {progress.unit}" if progress.unit else f"n = {n:,}"
