"""A frozen backbone, named by the study's `module`, with a new head: its features are computed once and kept.

Before a study runs, one worker computes the features of pool, validation and test; each trial trains a head on those of its
rung, which takes moments. `[params]` sets the head's parameters: `C` of "logistic", `width` and `alpha` of "mlp".
"""

import inspect
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kleiber import plugins
from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.trainers import _backbones, sklearn
from kleiber.trainers._job import Check
from kleiber.trainers._resized import resized
from kleiber.trainers._task import Outcome, Task
from kleiber.trainers._untouched import untouched

TAKES_TEXT = True


class Options(BaseModel):
    """What every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    head: Literal["logistic", "mlp"] = "logistic"
    """What is trained on the features; "logistic" is a ridge regression where numbers are predicted."""
    pixels: int = Field(default=96, ge=32, le=1024)
    """Side to which images are resized before the backbone sees them."""


def train(task: Task, options: Options) -> Outcome:
    """Train a head on the features of the rung, and measure it as the trainer sklearn does."""
    on_features = replace(
        task,
        net=f"kleiber.trainers._heads:{_head(options, task.kind)}",
        train=_featured(task.train, task.net, options.pixels),
        validation=_featured(task.validation, task.net, options.pixels),
        test=None if task.test is None else _featured(task.test, task.net, options.pixels),
    )
    outcome = sklearn.train(on_features, sklearn.Options())
    return replace(outcome, message="; ".join(filter(None, [outcome.message, _said_of(task, options)])))


def check(study: Check) -> None:
    """Refuse an unknown backbone, one for another kind of data, and an unknown parameter; then compute all features."""
    if study.net == "lenet":
        raise KleiberError('module: name the backbone. Write  module = "efficientnet-lite0" , or  module = "wordllama"')
    options, data = Options(**study.training), study.dataset
    wanted = _backbones.kind_of(study.net)
    there = {"S": "texts"}.get(data.train.x.dtype.kind, "images" if data.train.x.ndim == 4 else "rows of numbers")
    if wanted and wanted != there:
        raise KleiberError(f"module: the backbone {study.net} takes {wanted}, and the data are {there}; name another")
    reference = f"kleiber.trainers._heads:{_head(options, data.task)}"
    known = inspect.signature(plugins.load_attribute(reference)).parameters
    if unknown := sorted(study.params.keys() - set(known)):
        raise KleiberError(f"[params] {unknown[0]}: the head {options.head} takes {', '.join(known)}; remove or rename it")
    sklearn.check(replace(study, net=reference))
    with untouched(0):
        _all_threads()
        for part in (data.train, data.validation, data.test):
            _featured(part, study.net, options.pixels)


def imports(reference: str) -> str:
    """Name what `get_ready` imports, and what is waited for before the first trial."""
    return "scikit-learn and the backbone, which sees every example once"


def get_ready(reference: str) -> None:
    """Import scikit-learn, before the first task needs it."""
    sklearn.get_ready(reference)


def passes(params: Mapping[str, Any], n: int, options: Options) -> float:
    """Give how often a trial goes through its rung at most, by its own account."""
    return 1.0


def _featured(part: Part, net: str, pixels: int) -> Part:
    found = plugins.heavy("trainers._kept_features").of_part(part, net, pixels)
    return replace(part, x=found)


def _said_of(task: Task, options: Options) -> str:
    return resized(task.train, options.pixels) if _backbones.kind_of(task.net) else ""


def _head(options: Options, kind: str) -> str:
    if kind == "regression":
        return "ridge" if options.head == "logistic" else "mlp_regressor"
    return options.head


def _all_threads() -> None:
    """Let the backbone use every core: the trials, which use one each, do not run yet."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(os.cpu_count() or 1)
