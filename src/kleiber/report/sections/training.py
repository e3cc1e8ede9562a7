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
BOTH = "Dashed is the mean training loss of each epoch, taken while the weights still changed."

TEMPLATE = """
<div class="panels">{% for one in figures %}<div><h3>{{ one.title }}</h3>{{ one.figure }}</div>{% endfor %}</div>
"""


def render(findings: Mapping[str, Any]) -> Markup:
    """Give the losses of runs against epochs; nothing where the source keeps none, as a table of runs."""
    study = findings.get("study") or {}
    runs = study.get("epochs") or []
    figures = []
    for purpose, title, caption in PARTS:
        shown = [run for run in runs if run["purpose"] == purpose]
        drawing = draw_epochs(shown, "loss", title)  # what trials report, whichever metric the study is of
        if drawing:
            about = f"{caption} {BOTH}" if any("training" in run for run in shown) else caption
            figures.append({"title": title, "figure": figure(drawing, f"epochs-{purpose}", about)})
    return fill(TEMPLATE, figures=figures) if figures else Markup("")
