"""One task by Keras: `fit` trains the user's compiled model, and kleiber measures it after each epoch."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.trainers import _made, _outputs
from kleiber.trainers._best import Best
from kleiber.trainers._job import Check
from kleiber.trainers._quiet import importing, quiet, worth_telling
from kleiber.trainers._task import Outcome, Task

BACKENDS = ("torch", "jax", "tensorflow")  # by the names of their packages
HOME = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")


def _chosen() -> str | None:
    """Give the back end that the user's keras.json names; None where there is no such file, or nothing to read in it."""
    try:
        return str(json.loads((HOME / "keras.json").read_text(encoding="utf-8")).get("backend"))
    except (OSError, ValueError, AttributeError):
        return None


@contextmanager
def _at_home() -> Iterator[None]:
    """Let Keras be imported by the user's own settings; where there are none, none are written.

    The file that Keras writes by itself names TensorFlow, whether it is there or not: a back end that is not installed is
    passed over for the first one that is.
    """
    with importing(), tempfile.TemporaryDirectory(prefix="kleiber-") as folder:
        chosen, here = _chosen(), [name for name in BACKENDS if find_spec(name)]
        if chosen is None:
            os.environ["KERAS_HOME"] = folder
        if "KERAS_BACKEND" not in os.environ and chosen not in here and here:
            os.environ["KERAS_BACKEND"] = here[0]
        yield


with _at_home():
    import keras
    from keras.src.backend.common import global_state

BATCH = "batch_size"  # the hyper-parameter that `fit` takes
HOW = 'module = "mine.py:make_model"'
OURS = ("x", "y", "batch_size", "epochs", "verbose", "validation_data", "validation_split", "callbacks", "initial_epoch")
AT_ONCE = 256  # examples that a model is measured on at a time


def fit(task: Task, epochs: int, patience: int, batch: int, arguments: Mapping[str, Any]) -> Outcome:
    """Fit a fresh model on the rung, keep its best epoch's weights, and measure it."""
    with _state(), quiet(task.seed, ("absl", "keras")) as (_, warned), keras.device(_device(task.device)):
        model = make(task.net, task.params, task.seed)
        best = Best(patience, task.report)
        batch, before = _made.batch_of(task.params, batch), _weights(model)
        model.fit(
            inputs_of(task.train),
            targets_of(model, task.train.y, task.outputs),
            batch_size=batch,
            epochs=epochs,
            verbose=0,
            callbacks=[_AfterEachEpoch(best, task)],
            **arguments,
        )
        if best.weights is None:
            raise KleiberError(f"{model.name} was trained on no batch of the {task.n:,} examples; see [training]")
        _made.refuse_untrained(model.name, before, _weights(model))
        model.set_weights(best.weights)
        parts = [task.validation] if task.test is None else [task.validation, task.test]
        said = [outputs(model, inputs_of(part), task.outputs) for part in parts]
    versions = {"keras": version("keras"), keras.backend.backend(): version(keras.backend.backend())}
    return _outputs.outcome(task, said, epochs=best.epoch, batch=batch, warned=worth_telling(warned), versions=versions)


def check(study: Check, arguments: Mapping[str, Any], backend: str | None) -> None:
    """Refuse, before anything runs, a model that can't be made or measured, and what is kleiber's to say."""
    if backend and keras.backend.backend() != backend:
        raise KleiberError(
            f"[training] backend: Keras was imported with {keras.backend.backend()!r} here, not {backend!r}. Set "
            f"KERAS_BACKEND={backend} in the environment"
        )
    if taken := sorted(arguments.keys() & set(OURS)):
        raise KleiberError(f"[training.arguments] {taken[0]}: kleiber sets it; remove it")
    _made.refuse_arguments(arguments, keras.Model.fit, "fit")
    _made.batch_of(study.params, 1)
    _outputs.refuse_metric(study.metric, study.dataset.task, study.metrics)
    with _state(), quiet(0, ("absl", "keras")), keras.device(_device(study.device)):
        model = make(study.net, study.params, 0)
        _made.refuse_same(model, make(study.net, study.params, 0), study.net)
        few = study.dataset.validation.take(np.arange(min(2, len(study.dataset.validation))))
        with _made.first_answer(study.net, few):
            outputs(model, inputs_of(few), max(len(study.dataset.classes), 1))


def make(reference: str, params: Mapping[str, Any], seed: int) -> Any:
    """Make a fresh model, compiled; raises `KleiberError` for what is none, and for an unknown hyper-parameter."""
    keras.utils.set_random_seed(seed)
    model, rest = _made.fresh(reference, params, HOW)
    if not isinstance(model, keras.Model):
        raise KleiberError(f"module: {reference} gives a {type(model).__name__}, which is no Keras model; give one")
    if not model.compiled:
        raise KleiberError(f"module: {reference} gives a model that is not compiled; call model.compile(...) before return")
    rest.pop(BATCH, None)
    _made.refuse_unknown(rest, reference, f", besides {BATCH}")
    return model


def inputs_of(part: Part) -> NDArray[np.float32]:
    """Give the examples as Keras takes them: rows, or images `(m, height, width, channels)` from 0 to 1."""
    x = np.asarray(part.x)
    if x.ndim < 4:
        return x
    scaled = x.astype(np.float32) / np.float32(255)
    found: NDArray[np.float32] = (
        scaled if keras.config.image_data_format() == "channels_last" else np.moveaxis(scaled, -1, 1)
    )
    return found


def targets_of(model: Any, y: NDArray[Any], count: int) -> NDArray[Any]:
    """Give the targets as the loss that a model was compiled with takes them: classes, one-hot rows, or numbers."""
    name = str(getattr(model.loss, "name", None) or getattr(model.loss, "__name__", None) or model.loss)
    if name.replace("_", "").lower() == "categoricalcrossentropy":
        one_hot: NDArray[np.float32] = np.eye(count, dtype=np.float32)[y]
        return one_hot
    return np.asarray(y, dtype=np.float32)[:, None] if y.dtype.kind == "f" else np.asarray(y)


def outputs(model: Any, x: NDArray[np.float32], count: int) -> Any:
    """Give what a model says of inputs, those of `inputs_of`: `(m, count)`."""
    # By batches, since `predict` starts loaders and threads each time, which takes longer than a small model.
    found = [model.predict_on_batch(x[start : start + AT_ONCE]) for start in range(0, len(x), AT_ONCE)]
    if not isinstance(found[0], np.ndarray):
        raise KleiberError(
            f"module: {model.name} gives its outputs in a {type(found[0]).__name__}; give a model with one output"
        )
    said = np.concatenate(found)
    return _outputs.outputs_of(
        _both(model, said) if count == 2 and said.shape[1:] in ((), (1,)) else said, count, model.name
    )


def _weights(model: Any) -> list[NDArray[Any]]:
    """Give a copy of the weights that training may change."""
    return [np.array(keras.ops.convert_to_numpy(each)) for each in model.trainable_weights]


def _both(model: Any, said: NDArray[Any]) -> NDArray[Any]:
    """Give two columns for the one of a sigmoid: the probabilities of both classes."""
    last = getattr(getattr(model.layers[-1], "activation", None), "__name__", "")
    if last != "sigmoid":
        raise KleiberError(
            f"module: {model.name} gives one number for two classes, by no sigmoid; end it with Dense(2), or with "
            'Dense(1, activation="sigmoid")'
        )
    p = said.reshape(len(said), 1)
    return np.concatenate([1 - p, p], axis=1)


def _device(device: str) -> str:
    return "gpu" if device.startswith("cuda") else "cpu"  # with PyTorch, "cpu:0" leaves variables without gradients


class _AfterEachEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Measures the model, keeps the best weights, and stops the training."""

    def __init__(self, best: Best, task: Task) -> None:
        super().__init__()
        self._best, self._task, self._inputs = best, task, inputs_of(task.validation)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        said = outputs(self.model, self._inputs, self._task.outputs)
        loss = _outputs.validation_loss(self._task, said)
        if self._best.stops(loss, self.model.get_weights):
            self.model.stop_training = True


@contextmanager
def _state() -> Iterator[None]:
    """Leave Keras as it was: its config, and its seed and the counts in layers' names, which no public call gives."""
    tracked = vars(global_state.GLOBAL_STATE_TRACKER)
    before = {name: dict(value) if isinstance(value, dict) else value for name, value in tracked.items()}
    config = keras.config.floatx(), keras.config.epsilon(), keras.config.image_data_format()
    try:
        yield
    finally:
        for name in tracked.keys() - before.keys():
            delattr(global_state.GLOBAL_STATE_TRACKER, name)
        for name, value in before.items():
            if isinstance(value, dict) and isinstance(tracked.get(name), dict):
                tracked[name].clear()
                tracked[name].update(value)
            else:
                setattr(global_state.GLOBAL_STATE_TRACKER, name, value)
        keras.config.set_floatx(config[0])
        keras.config.set_epsilon(config[1])
        keras.config.set_image_data_format(config[2])
