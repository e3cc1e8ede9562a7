"""One task by PyTorch Lightning: its Trainer fits the user's module, and kleiber measures it after each epoch."""

import signal
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from kleiber.errors import KleiberError
from kleiber.trainers import _made, _outputs
from kleiber.trainers._best import Best
from kleiber.trainers._heard import heard
from kleiber.trainers._job import Check
from kleiber.trainers._quiet import importing, quiet, worth_telling
from kleiber.trainers._task import Outcome, Task
from kleiber.trainers._tensors import AT_ONCE, Examples, copied, evaluating, inputs_of, plain, weights_of

with importing():
    import pytorch_lightning

LOGGERS = ("pytorch_lightning", "lightning_fabric", "lightning", "lightning.pytorch", "lightning.fabric")
BATCH = "batch_size"  # the hyper-parameter that kleiber's loader takes
HOW = 'module = "mine.py:LitNet"'
OURS = (
    "accelerator", "callbacks", "default_root_dir", "devices", "enable_checkpointing", "enable_model_summary",
    "enable_progress_bar", "logger", "max_epochs", "num_sanity_val_steps",
)  # fmt: skip


def fit(task: Task, epochs: int, patience: int, batch: int, arguments: Mapping[str, Any]) -> Outcome:
    """Fit a fresh module on the rung, keep its best epoch's weights, and measure it."""
    with quiet(task.seed, LOGGERS) as (folder, warned):
        module = make(task.net, task.params)
        lightning = _package(module)
        best = Best(patience, task.report)
        batch = _made.batch_of(task.params, batch)
        before = weights_of(module)
        _without_checkpoints(module, lightning)
        _looked_at(module, lightning, best, task)
        trainer = lightning.Trainer(
            accelerator="gpu" if task.device.startswith("cuda") else "cpu",
            devices=1,
            max_epochs=epochs,
            logger=_silent(lightning),
            default_root_dir=folder,
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
            **arguments,
        )
        order = torch.Generator().manual_seed(task.seed)
        loader = DataLoader(Examples(task.train), batch_size=batch, shuffle=True, generator=order)
        watched = DataLoader(Examples(task.validation), batch_size=AT_ONCE) if _validates(module, lightning) else None
        _fitted(trainer, module, loader, watched)
        if best.weights is None:
            raise KleiberError(
                f"{type(module).__name__} was trained on no batch of the {task.n:,} examples; see [training]"
            )
        _made.refuse_untrained(type(module).__name__, before, weights_of(module))
        module.load_state_dict(best.weights)
        parts = [task.validation] if task.test is None else [task.validation, task.test]
        said = [outputs(module, inputs_of(part), task.outputs) for part in parts]
    versions = {"pytorch-lightning": version("pytorch-lightning"), "torch": torch.__version__}
    return _outputs.outcome(task, said, epochs=best.epoch, batch=batch, warned=worth_telling(warned), versions=versions)


def check(study: Check, arguments: Mapping[str, Any]) -> None:
    """Refuse, before anything runs, a module that can't be made or measured, and what is kleiber's to say."""
    if taken := sorted(arguments.keys() & set(OURS)):
        raise KleiberError(f"[training.arguments] {taken[0]}: kleiber sets it, so that a study leaves no trace; remove it")
    _made.refuse_arguments(arguments, pytorch_lightning.Trainer.__init__, "Lightning's Trainer")
    _made.batch_of(study.params, 1)
    _outputs.refuse_metric(study.metric, study.dataset.task, study.metrics)
    with quiet(0, LOGGERS):
        module = make(study.net, study.params)
        _made.refuse_same(module, make(study.net, study.params), study.net)
        few = study.dataset.validation.take(np.arange(min(2, len(study.dataset.validation))))
        with _made.first_answer(study.net, few):
            outputs(module, inputs_of(few), max(len(study.dataset.classes), 1))


def make(reference: str, params: Mapping[str, Any]) -> nn.Module:
    """Make a fresh module; raises `KleiberError` for what is no LightningModule, and for an unknown hyper-parameter."""
    module, rest = _made.fresh(reference, params, HOW)
    if not isinstance(module, nn.Module) or not hasattr(module, "training_step"):
        raise KleiberError(f"module: {reference} gives a {type(module).__name__}, which is no LightningModule; give one")
    rest.pop(BATCH, None)
    _made.refuse_unknown(rest, reference, f", besides {BATCH}")
    return module


def outputs(module: nn.Module, x: Any, count: int) -> Any:
    """Give what a module says of inputs, those of `inputs_of`, by its `forward`: `(m, count)`."""
    name, found = type(module).__name__, []
    device: Any = module.device
    try:
        with evaluating(module):
            for start in range(0, len(x), AT_ONCE):
                some = x[start : start + AT_ONCE]
                found.append(plain(module(some.to(device) if torch.is_tensor(some) else some)))
    except NotImplementedError as error:
        raise KleiberError(
            f"module: {name} has no forward(x), by which it is measured; write one that gives its outputs"
        ) from error
    return _outputs.outputs_of(np.concatenate(found), count, name)


def _fitted(trainer: Any, module: Any, loader: Any, watched: Any) -> None:
    """Fit a module. Lightning makes an exception of a SIGTERM; once its handlers are gone, the signal is sent again."""
    try:
        trainer.fit(module, loader, watched)
    except SystemExit as error:
        if type(error).__name__ == "SIGTERMException":
            signal.raise_signal(signal.SIGTERM)
        raise


def _package(module: nn.Module) -> Any:
    """Give the package of a module, which has two names; its Trainer refuses the modules of the other."""
    if any(kind.__module__.startswith("lightning.") for kind in type(module).__mro__):
        with importing():
            import lightning.pytorch

        return lightning.pytorch
    return pytorch_lightning


def _looked_at(module: Any, lightning: Any, best: Best, task: Task) -> None:
    """Let the module's own hooks measure it after each epoch, keep the best weights, and stop the training.

    A callback would be asked at some ten places of every step, which takes longer than the measuring.
    """
    validation = inputs_of(task.validation)
    began, ended = module.on_fit_start, module.on_train_epoch_end

    def on_fit_start() -> None:
        if not heard(module, lightning.LightningModule):
            module.trainer.limit_val_batches = 0  # its validation_step would be a second look at the same examples
        began()

    def on_train_epoch_end() -> None:
        loss = _outputs.validation_loss(task, outputs(module, validation, task.outputs))
        if best.stops(loss, lambda: copied(module)):
            module.trainer.should_stop = True
        ended()

    module.on_fit_start, module.on_train_epoch_end = on_fit_start, on_train_epoch_end


def _without_checkpoints(module: Any, lightning: Any) -> None:
    """Leave out the checkpoints among the callbacks that a module brings: the best weights are kept in memory."""
    theirs = module.configure_callbacks

    def without() -> list[Any]:
        found = theirs()
        listed = list(found) if isinstance(found, list | tuple) else [found]
        return [each for each in listed if not isinstance(each, lightning.callbacks.Checkpoint)]

    module.configure_callbacks = without


def _validates(module: Any, lightning: Any) -> bool:
    return type(module).validation_step is not lightning.LightningModule.validation_step


def _silent(lightning: Any) -> Any:
    """Give a logger that keeps nothing, so that a module that logs to its logger's experiment finds one."""
    if lightning is pytorch_lightning:
        from pytorch_lightning.loggers.logger import DummyLogger

        return DummyLogger()
    from lightning.pytorch.loggers.logger import DummyLogger as Other

    return Other()
