"""The search: each size at a common number of trials, and what more trials would bring."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.markup import Table, fill, table, warned
from kleiber.report.numbers import fixed, percent, places, size
from kleiber.report.reading import warnings_at
from kleiber.wording import counted

ORDER = 55
TITLE = "Search"
ABOUT = "what more trials would bring"

TEMPLATE = """
<p>To be fair, all sizes are compared after {{ trials_each }}, because the lowest of more trials is lower by luck. The table
shows the expected validation {{ name(metric) }} of the best of {{ k }}, without bias. The curve uses none of these losses:
each winner was trained again, with fresh seeds on fresh subsets. The gain of the second half of the trials is the most that
as many more would gain.</p>
{% if stages %}<p>The search had stages: a trial that paused for good counts with its loss at the pause. So the expected
best of fewer trials is a little too high.</p>{% endif %}
{% if repeated %}<p class="verdict">{{ name(repeated) }}</p>{% endif %}
{% for caution in cautions %}<p class="verdict">{{ name(caution) }}</p>{% endfor %}
{{ warnings }}
{{ trials }}
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the search of a study; nothing where there was none, or the runs are somebody else's."""
    search = findings.get("search")
    if not search:
        return Markup("")
    cautions = [caution["message"] for caution in search["cautions"]]
    stages = search.get("stages")
    return fill(
        TEMPLATE,
        stages=stages,
        repeated=(search.get("repeated") or {}).get("sentence"),
        k=search["k"],
        trials_each=counted(search["k"], "trial"),
        metric=search["metric"],
        cautions=cautions,
        warnings=warned(warnings_at(findings, "search")),
        trials=table(_trials(search)),
    )


def _trials(search: Mapping[str, Any]) -> Table:
    digits = places(entry["lowest"] for entry in search["sizes"])
    rows = [
        [
            size(entry["n"]),
            size(entry["trials"]),
            _fixed(entry["lowest"], digits),
            f"{_fixed(entry['expected'], digits)} ({_fixed(entry['low'], digits)} to {_fixed(entry['high'], digits)})",
            "–"
            if entry["more"] is None
            else f"{_fixed(entry['more']['gain'], digits)} ({_fixed(entry['more']['low'], digits)} to "
            f"{_fixed(entry['more']['high'], digits)})",
        ]
        for entry in search["sizes"]
    ]
    interval = percent(search["probability"])
    heads = ["n", "trials", "lowest", f"best of {search['k']} ({interval})", f"gain of the second half ({interval})"]
    return Table(f"Search trials, validation {search['metric']}", heads, rows)


def _fixed(value: float | None, digits: int) -> str:
    return "diverged" if value is None else fixed(value, digits)
