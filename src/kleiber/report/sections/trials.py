"""The search trial by trial: its history, the best of k trials, and the losses against each hyper-parameter."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.figures import figure
from kleiber.report.markup import fill
from kleiber.report.searching import draw_best_of, draw_history, draw_param, searched_params, thinning

ORDER = 57
TITLE = "Search, trial by trial"
ABOUT = "history, best of k, each hyper-parameter"
PARAMS = 6
"""So many hyper-parameters have a chart, the first of the study."""

TEMPLATE = """
<div class="panels">{% for one in figures %}<div>{{ one }}</div>{% endfor %}</div>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the charts of a study's search; nothing where there was none, or the runs are somebody else's."""
    tried, search = (findings.get("study") or {}).get("tried") or [], findings.get("search") or {}
    metric, thinned = str(search.get("metric") or "loss"), thinning(tried)
    drawn = [
        (draw_history(tried, metric), f"Steps are the best so far. {thinned}"),
        (draw_best_of(search.get("sizes") or [], metric), "Expected best of k trials, with its 90 % interval."),
    ]
    for name in searched_params(tried)[:PARAMS]:
        drawn.append((draw_param(tried, name, metric), f"The larger mark of a size is its best trial. {thinned}"))
    figures = [figure(drawing, f"search{index}", caption) for index, (drawing, caption) in enumerate(drawn) if drawing]
    return fill(TEMPLATE, figures=figures) if figures else Markup("")
