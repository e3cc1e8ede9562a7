"""kleiber: how much better will a model get with more data, and how much data is enough?

Run a study, `run_study(Study(...))`, or bring your own numbers; then `forecast` and `analyse` them, and `write_report`.
`import kleiber` costs nothing: each name comes in with the call that needs it, and NumPy, SciPy, PyTorch with the name.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kleiber.answers.classes.by_class import ByClass as ByClass
    from kleiber.answers.classes.by_class import by_class as by_class
    from kleiber.answers.classes.noise import LabelNoise as LabelNoise
    from kleiber.answers.classes.noise import label_noise as label_noise
    from kleiber.answers.classes.split import Split as Split
    from kleiber.answers.classes.split import label_split as label_split
    from kleiber.answers.compare.compare import Comparison as Comparison
    from kleiber.answers.compare.compare import compare as compare
    from kleiber.answers.need import Need as Need
    from kleiber.answers.need import need as need
    from kleiber.answers.next.design import NextRun as NextRun
    from kleiber.answers.next.design import next_run as next_run
    from kleiber.answers.plan.decide import Advice as Advice
    from kleiber.answers.plan.decide import plan as plan
    from kleiber.answers.settings.what_if import Effect as Effect
    from kleiber.answers.settings.what_if import what_if as what_if
    from kleiber.errors import KleiberError as KleiberError
    from kleiber.errors import MachineError as MachineError
    from kleiber.errors import Refused as Refused
    from kleiber.estimators.learning_curve import learning_curve as learning_curve
    from kleiber.estimators.scores import LearningCurve as LearningCurve
    from kleiber.findings.analyse import Findings as Findings
    from kleiber.findings.analyse import analyse as analyse
    from kleiber.forecasting.backtest import backtest as backtest
    from kleiber.forecasting.forecast import Forecast as Forecast
    from kleiber.forecasting.forecast import HorizonWarning as HorizonWarning
    from kleiber.forecasting.forecasts import forecast as forecast
    from kleiber.forecasting.forecasts import forecast_many as forecast_many
    from kleiber.importers import read as read
    from kleiber.report import figure as figure
    from kleiber.report import write_figure as write_figure
    from kleiber.report import write_report as write_report
    from kleiber.study.drive import run_study as run_study
    from kleiber.study.export import export_subsets as export_subsets
    from kleiber.study.ledger import Ledger as Ledger
    from kleiber.study.study import Study as Study
    from kleiber.study.study import preset as preset
    from kleiber.trainers import trainer as trainer

_PLACES = {
    "Advice": "answers.plan.decide",
    "ByClass": "answers.classes.by_class",
    "Comparison": "answers.compare.compare",
    "Effect": "answers.settings.what_if",
    "Findings": "findings.analyse",
    "Forecast": "forecasting.forecast",
    "HorizonWarning": "forecasting.forecast",
    "KleiberError": "errors",
    "LabelNoise": "answers.classes.noise",
    "LearningCurve": "estimators.scores",
    "Ledger": "study.ledger",
    "MachineError": "errors",
    "Need": "answers.need",
    "NextRun": "answers.next.design",
    "Refused": "errors",
    "Split": "answers.classes.split",
    "Study": "study.study",
    "analyse": "findings.analyse",
    "backtest": "forecasting.backtest",
    "by_class": "answers.classes.by_class",
    "compare": "answers.compare.compare",
    "export_subsets": "study.export",
    "figure": "report",
    "forecast": "forecasting.forecasts",
    "forecast_many": "forecasting.forecasts",
    "label_noise": "answers.classes.noise",
    "label_split": "answers.classes.split",
    "learning_curve": "estimators.learning_curve",
    "need": "answers.need",
    "next_run": "answers.next.design",
    "plan": "answers.plan.decide",
    "preset": "study.study",
    "read": "importers",
    "run_study": "study.drive",
    "trainer": "trainers",
    "what_if": "answers.settings.what_if",
    "write_figure": "report",
    "write_report": "report",
}

__all__ = [
    "Advice",
    "ByClass",
    "Comparison",
    "Effect",
    "Findings",
    "Forecast",
    "HorizonWarning",
    "KleiberError",
    "LabelNoise",
    "LearningCurve",
    "Ledger",
    "MachineError",
    "Need",
    "NextRun",
    "Refused",
    "Split",
    "Study",
    "analyse",
    "backtest",
    "by_class",
    "compare",
    "export_subsets",
    "figure",
    "forecast",
    "forecast_many",
    "label_noise",
    "label_split",
    "learning_curve",
    "need",
    "next_run",
    "plan",
    "preset",
    "read",
    "run_study",
    "trainer",
    "what_if",
    "write_figure",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'kleiber' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"kleiber.{_PLACES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
