"""One task by Hugging Face's Trainer: it fits the user's model, and kleiber measures it after each epoch."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset

from kleiber.datasets import Part
from kleiber.datasets._cache import cache_folder
from kleiber.errors import KleiberError
from kleiber.trainers import _made, _outputs
from kleiber.trainers._best import Best
from kleiber.trainers._job import Check
from kleiber.trainers._quiet import importing, quiet, worth_telling
from kleiber.trainers._task import Outcome, Task
from kleiber.trainers._tensors import copied, evaluating, inputs_of, plain, weights_of

with importing():
    from accelerate.state import AcceleratorState, GradientState, PartialState
    from transformers import PreTrainedTokenizerBase, Trainer, TrainerCallback, TrainingArguments, default_data_collator
    from transformers.data.data_collator import DataCollatorWithPadding
    from transformers.image_processing_utils import BaseImageProcessor
    from transformers.trainer_callback import PrinterCallback

LOGGERS = ("transformers", "accelerate", "huggingface_hub")
HOW = 'module = "mine.py:make_model"'
OURS = (
    "output_dir", "seed", "data_seed", "report_to", "disable_tqdm", "save_strategy", "eval_strategy", "logging_strategy",
    "load_best_model_at_end", "use_cpu", "push_to_hub", "full_determinism", "logging_nan_inf_filter",
)  # fmt: skip
FIELDS = frozenset(each.name for each in dataclasses.fields(TrainingArguments) if each.init)
BATCH = 64  # examples that a model is measured on at a time


@dataclass(frozen=True, slots=True)
class Made:
    """What the user's function gives: the model, what prepares its inputs, and the arguments of training."""

    model: nn.Module
    processor: Callable[..., Any] | None
    arguments: Mapping[str, Any]


def fit(task: Task, epochs: int | None, patience: int, arguments: Mapping[str, Any]) -> Outcome:
    """Fit a fresh model on the rung, keep its best epoch's weights, and measure it."""
    with _state(), quiet(task.seed, LOGGERS) as (folder, warned):
        made = make(task.net, task.params, arguments)
        settings = _settings(made.arguments, epochs, folder, task)
        if settings.dataloader_drop_last and settings.train_batch_size > task.n:
            raise KleiberError(
                f"dataloader_drop_last leaves nothing of {task.n:,} examples in batches of {settings.train_batch_size:,}; "
                "remove it from the arguments"
            )
        best, before = Best(patience, task.report), weights_of(made.model)
        train, validation = Encoded(task.train, made), Encoded(task.validation, made)
        watch = _AfterEachEpoch(best, validation, task)
        trainer = Trainer(
            model=made.model, args=settings, train_dataset=train, data_collator=train.collate, callbacks=[watch]
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        if best.weights is None:
            raise KleiberError(f"{type(made.model).__name__} was trained on no batch of the {task.n:,} examples")
        _made.refuse_untrained(type(made.model).__name__, before, weights_of(made.model))
        made.model.load_state_dict(best.weights)
        said = [outputs(made.model, validation, task.outputs)]
        if task.test is not None:
            said.append(outputs(made.model, Encoded(task.test, made), task.outputs))
    versions = {name: version(name) for name in ("transformers", "accelerate", "torch")}
    return _outputs.outcome(
        task, said, epochs=best.epoch, batch=settings.train_batch_size, warned=worth_telling(warned), versions=versions
    )


def check(study: Check, arguments: Mapping[str, Any]) -> None:
    """Refuse, before anything runs, a model that can't be made or measured, and what is kleiber's to say."""
    if taken := sorted((arguments.keys() | study.params.keys()) & set(OURS)):
        raise KleiberError(f"[training.arguments] {taken[0]}: kleiber sets it, so that a study leaves no trace; remove it")
    if unknown := sorted(arguments.keys() - FIELDS):
        raise KleiberError(f"[training.arguments] {unknown[0]}: TrainingArguments has no such field; remove or rename it")
    if study.net.startswith(str(cache_folder("nets"))):
        raise KleiberError(
            "module: a Hugging Face model that is given itself would lose its weights, those it learnt before too. Give a "
            f"function that makes it:  {HOW}"
        )
    _outputs.refuse_metric(study.metric, study.dataset.task, study.metrics)
    with _state(), quiet(0, LOGGERS):
        made = make(study.net, study.params, arguments)
        _made.refuse_same(made.model, make(study.net, study.params, arguments).model, study.net)
        few = study.dataset.validation.take(np.arange(min(2, len(study.dataset.validation))))
        with _made.first_answer(study.net, few):
            outputs(made.model, Encoded(few, made), max(len(study.dataset.classes), 1))


def make(reference: str, params: Mapping[str, Any], arguments: Mapping[str, Any]) -> Made:
    """Make a fresh model, its processor, and the arguments: the user's, those of the study, the hyper-parameters."""
    given, rest = _made.fresh(reference, params, HOW)
    things = list(given) if isinstance(given, tuple | list) else [given]
    models = [each for each in things if isinstance(each, nn.Module)]
    theirs = [each for each in things if isinstance(each, TrainingArguments)]
    others = [each for each in things if not isinstance(each, nn.Module | TrainingArguments)]
    if len(models) != 1 or len(theirs) > 1 or len(others) > 1 or not all(callable(each) for each in others):
        what = ", ".join(type(each).__name__ for each in things)
        raise KleiberError(
            f"module: {reference} gives {what}; return a model, or a model with a tokenizer or processor, and with "
            "TrainingArguments"
        )
    chosen = {**(_chosen(theirs[0]) if theirs else {}), **arguments}
    chosen |= {key: rest.pop(key) for key in rest.keys() & FIELDS}
    _made.refuse_unknown(rest, reference, ", besides the fields of TrainingArguments")
    return Made(models[0], others[0] if others else None, chosen)


class Encoded(Dataset[Any]):
    """The examples of a part as a model takes them: dicts of its inputs, and `labels`."""

    def __init__(self, part: Part, made: Made) -> None:
        y = np.asarray(part.y)
        labels = torch.from_numpy(y.astype(np.float32 if y.dtype.kind == "f" else np.int64))
        self._inputs = _inputs(part, made)
        columns = {**self._inputs, "labels": labels}
        # All at once, since one by one takes longer than a small model.
        apart = [values.unbind() if torch.is_tensor(values) else values for values in columns.values()]
        self._rows = [dict(zip(columns, row, strict=True)) for row in zip(*apart, strict=True)]
        of_texts = isinstance(made.processor, PreTrainedTokenizerBase)
        self.collate = DataCollatorWithPadding(made.processor) if of_texts else default_data_collator

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._rows[index]

    def batches(self) -> Iterator[Mapping[str, torch.Tensor]]:
        """Give the inputs of all examples, in order, some at a time."""
        stacked = all(torch.is_tensor(values) for values in self._inputs.values())
        for start in range(0, len(self), BATCH):
            some = slice(start, start + BATCH)
            batch = self._inputs if stacked else self.collate(self._rows[some])
            yield {key: values[some] if stacked else values for key, values in batch.items() if key != "labels"}


def outputs(model: nn.Module, examples: Encoded, count: int) -> Any:
    """Give what a model says of examples, `(m, count)`."""
    device = next(model.parameters()).device
    with evaluating(model):
        found = [plain(model(**{key: value.to(device) for key, value in batch.items()})) for batch in examples.batches()]
    return _outputs.outputs_of(np.concatenate(found), count, type(model).__name__)


def _inputs(part: Part, made: Made) -> Mapping[str, Any]:
    """Give the inputs by name: what the processor makes of texts, images or rows; without one, the examples themselves."""
    processor, texts = made.processor, part.texts
    if isinstance(processor, PreTrainedTokenizerBase):
        if texts is None:
            raise KleiberError("module: a tokenizer takes texts, and the data are none; give a model for them without it")
        return dict(processor(texts, truncation=processor.model_max_length < 1e6))
    if isinstance(processor, BaseImageProcessor):
        return dict(processor(list(np.asarray(part.x)), return_tensors="pt"))
    if processor is not None:
        return dict(processor(texts if texts is not None else np.asarray(part.x)))
    if texts is not None:
        raise KleiberError(
            "module: the data are texts; return a tokenizer beside the model, as in  return model, tokenizer"
        )
    name = getattr(made.model, "main_input_name", "x")
    x = inputs_of(part)
    return {name: x.long() if name == "input_ids" else x}


def _chosen(arguments: TrainingArguments) -> dict[str, Any]:
    """Give the fields that somebody chose, but those that are kleiber's."""
    standard = TrainingArguments(output_dir=arguments.output_dir)
    values = {name: getattr(arguments, name) for name in FIELDS - set(OURS)}
    return {name: value for name, value in values.items() if value != getattr(standard, name)}


def _settings(chosen: Mapping[str, Any], epochs: int | None, folder: str, task: Task) -> TrainingArguments:
    own = {} if epochs is None or "num_train_epochs" in task.params else {"num_train_epochs": epochs}
    return TrainingArguments(
        **{**chosen, **own},
        output_dir=folder,
        seed=task.seed,
        data_seed=task.seed,
        report_to="none",
        disable_tqdm=True,
        save_strategy="no",
        eval_strategy="no",
        logging_strategy="no",
        use_cpu=not task.device.startswith("cuda"),
    )


class _AfterEachEpoch(TrainerCallback):  # type: ignore[misc]
    """Measures the model, keeps the best weights, and stops the training."""

    def __init__(self, best: Best, validation: Encoded, task: Task) -> None:
        self._best, self._validation, self._task = best, validation, task

    def on_epoch_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        model = rest["model"]
        said = outputs(model, self._validation, self._task.outputs)
        loss = _outputs.validation_loss(self._task, said)
        if self._best.stops(loss, lambda: copied(model)):
            control.should_training_stop = True


@contextmanager
def _state() -> Iterator[None]:
    """Leave no state of accelerate in the process where there was none before."""
    there = bool(PartialState._shared_state)
    try:
        yield
    finally:
        if not there:
            AcceleratorState._reset_state(reset_partial_state=True)
            GradientState._reset_state()
