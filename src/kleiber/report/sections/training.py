"""Training: the loss after each epoch of runs of the study, those of the curve and of the search at the largest size."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from kleiber.report.epochs import draw_epochs
from kleiber.report.figures import figure
from kleiber.report.markup import fill

ORDER = 52
TITLE = "Training"
ABOUT = "loss against epochs"
PARTS = (
    (
        "score",
        "The runs of the curve",
        "A line for each run with the settings that the search chose, the first replicates of each size.",
    ),
    ("search", "Search at the largest size", "A line for each of the first trials of the search at its largest size."),
)

TEMPLATE = """
<div class="panels">{% for one in figures %}<div><h3>{{ one.title }}</h3>{{ one.figure }}</div>{% endfor %}</div>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the losses of runs against epochs; nothing where the source keeps none, as a table of runs."""
    study = findings.get("study") or {}
    runs, metric = study.get("epochs") or [], str(study.get("metric") or "loss")
    figures = []
    for purpose, title, caption in PARTS:
        drawing = draw_epochs([run for run in runs if run["purpose"] == purpose], metric, title)
        if drawing:
            figures.append({"title": title, "figure": figure(drawing, f"epochs-{purpose}", caption)})
    return fill(TEMPLATE, figures=figures) if figures else Markup("")
