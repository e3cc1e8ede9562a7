"""The page of one attempt at a trial: its settings, its results, why it failed, and its loss against epochs."""

from datetime import datetime

from markupsafe import Markup

from kleiber.records import part_of
from kleiber.report.markup import fill
from kleiber.web.epochs import chart
from kleiber.web.reading import Attempt, Losses
from kleiber.web.words import name_of, settings_of, written
from kleiber.wording import duration

BODY = """
<section class="trial" aria-labelledby="trial-h"><h2 id="trial-h">{{ name(heading) }}</h2>
<dl class="facts">
{% for what, value in facts %}<div><dt>{{ name(what) }}</dt><dd>{{ name(value) }}</dd></div>
{% endfor %}
</dl>
{% if message %}<h3>What it said</h3><p class="message">{{ name(message) }}</p>{% endif %}
{{ chart }}
<p><a href="/study/{{ number }}">Back to the study</a></p></section>
"""
NOTE = Markup('<p class="about">It reported no loss after single epochs.</p>')


def title(one: Attempt, study: str) -> str:
    """Give the title of the page."""
    return f"{study}: n = {one.n:,}, {name_of(one)}"


def body(one: Attempt, losses: Losses, metric: str, number: int) -> Markup:
    """Give the page's body; `number` is the study's, `losses` are those of each epoch."""
    drawn = chart([one], {one.seq: losses}, "epochs")
    heading = f"n = {one.n:,}, {name_of(one)}: {one.state}"
    return fill(BODY, heading=heading, facts=_facts(one, metric), message=one.message, chart=drawn or NOTE, number=number)


def _facts(one: Attempt, metric: str) -> list[tuple[str, str]]:
    values = [("validation " + name, written(name, loss)) for name, loss in one.validation.items()]
    values += [("test " + name, written(name, loss)) for name, loss in one.test.items() if not part_of(name)]
    values.sort(key=lambda pair: not pair[0].endswith(f" {metric}"))
    facts = [*values, ("settings", settings_of(one.params) or "none")]
    facts += [("reason", one.reason)] if one.reason else []
    facts += [("epochs", f"{one.epochs:,}")] if one.epochs else []
    facts += [("time", duration(one.seconds))] if one.seconds else []
    return [*facts, ("started", _when(one.started)), ("ended", _when(one.finished) if one.finished else "not yet")]


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S} UTC"
