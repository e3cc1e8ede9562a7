"""PyTorch on tensors in memory, by the origin's rules: SGD with momentum and weight decay, and early stopping.

An epoch ends with the loss on the whole validation set; training stops when that has risen `patience` epochs in a row,
or at the last epoch, and the weights of the best epoch are those that are kept and measured.
"""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from safetensors.torch import save_file
from torch import nn

from kleiber import plugins
from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.trainers._job import Check
from kleiber.trainers._metrics import measure, metric_name
from kleiber.trainers._task import Diverged, Outcome, Task

CHUNK = {"cpu": 64}  # examples in one forward pass of an evaluation; activations beyond the cache cost twice the time
CHUNK_ELSEWHERE = 2000
OWN: dict[str, Any] = {
    "lr": 1e-2,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "batch_size": "auto",
}  # hyper-parameters of the optimiser
GIVEN_UP = 0.995  # share of the loss of guessing that a search trial must fall below to go on


class Options(BaseModel):
    """The training policy: what every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = Field(default=15, ge=1)
    """Largest number of passes over the rung."""
    patience: int = Field(default=3, ge=1)
    """Rises of the validation loss in a row after which training stops."""
    hopeless_after: int | None = Field(default=3, ge=1)
    """Epochs after which a search trial that has not yet beaten guessing is given up; None: never."""


def train(task: Task, options: Options) -> Outcome:
    """Train the task's net from a fresh start, and measure the best epoch's weights."""
    device = _device(task.device)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(task.seed)
        scale = _Scale.of(task.train, task.kind)
        net = build_net(task.net, scale.shape, task.outputs, task.params)
        net.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        best, epochs, message = _fit(net, task, options, scale, device)
    net.load_state_dict(best)
    if task.weights is not None:
        task.weights.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.contiguous() for name, value in net.state_dict().items()}, task.weights)
    return Outcome(
        validation=_metrics(net, task.validation, task, scale, device),
        test=None if task.test is None else _metrics(net, task.test, task, scale, device),
        epochs=epochs,
        examples=epochs * task.n,
        message=message,
        versions={"torch": torch.__version__, "device": str(device)},
    )


def check(study: Check) -> None:
    """Refuse a device, metric, hyper-parameter or net that cannot be trained, by trying each once."""
    dataset, device = study.dataset, _device(study.device)
    measured = _measured(dataset.task, study.metrics)
    if study.metric not in measured:
        raise KleiberError(
            f"metric: {study.metric!r} is not measured; there are {', '.join(measured)}, and more by metrics"
        )
    outputs = len(dataset.classes) if dataset.task == "classification" else 1
    shape = _Scale.of(dataset.train.take(np.arange(2)), dataset.task).shape
    try:
        net = build_net(study.net, shape, outputs, study.params)
        given = tuple(net(torch.zeros(2, *shape)).shape)
        if given != (2, outputs):
            raise KleiberError(f"net {study.net!r} gives {given} for two examples, but the data need {(2, outputs)}")
        _sgd(net, study.params, device)
        batch_size(study.params, 2)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise KleiberError(f"net {study.net!r} with {dict(study.params)}: {type(error).__name__}: {error}") from error


def build_net(net: str, shape: tuple[int, ...], outputs: int, params: Mapping[str, Any]) -> nn.Module:
    """Build a net of the folder or the user's own; raises `KleiberError` for a hyper-parameter that nobody takes."""
    found = plugins.load("nets", net)
    build = getattr(found, "build", found)
    if not callable(build):
        raise KleiberError(f"net: {net} is a file; name the module in it, as in {net}:Net")
    accepted = inspect.signature(build).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
    widths = {key: value for key, value in params.items() if key not in OWN}
    strangers = [] if open_ended else sorted(set(widths) - set(accepted))
    if strangers:
        known = sorted({*OWN, *accepted} - {"shape", "outputs"})
        raise KleiberError(f"unknown hyper-parameter {', '.join(strangers)} for net {net!r}; known: {', '.join(known)}")
    offered = {"shape": shape, "outputs": outputs}
    module = build(**{key: value for key, value in offered.items() if key in accepted}, **widths)
    if not isinstance(module, nn.Module):
        raise KleiberError(f"net {net!r} gave {type(module).__name__}, not a torch.nn.Module")
    if any(nn.parameter.is_lazy(parameter) for parameter in module.parameters()):
        with torch.no_grad():
            module(torch.zeros(2, *shape))
    return module


def batch_size(params: Mapping[str, Any], n: int) -> int:
    """Give the batch size: as said, or, for "auto", a hundredth of the rung as a power of two from 4 to 64."""
    asked = params.get("batch_size", OWN["batch_size"])
    if asked == "auto":
        return int(min(64, max(4, 2 ** round(np.log2(n / 100)))))
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise KleiberError(f"batch_size: {asked!r} is neither a whole number of at least 1 nor 'auto'")
    return min(asked, n)


class _Scale:
    """Centre and spread of the rung's own examples and targets, so that a small rung knows no more than it holds."""

    def __init__(self, centre: torch.Tensor, spread: torch.Tensor, target: tuple[float, float], shape: tuple[int, ...]):
        self.centre, self.spread, self.target, self.shape = centre, spread, target, shape

    @classmethod
    def of(cls, part: Part, kind: str) -> "_Scale":
        images = part.x.ndim == 4
        axes = (0, 1, 2) if images else (0,)
        sample = part.x.astype(np.float64)
        centre, spread = sample.mean(axes), sample.std(axes)
        spread = np.where(spread > 1e-6, spread, 1.0)
        shape = (part.x.shape[3], *part.x.shape[1:3]) if images else part.x.shape[1:]
        target = (0.0, 1.0)
        if kind == "regression":
            target = (float(part.y.mean()), float(part.y.std()) or 1.0)
        as_row = (1, -1, 1, 1) if images else (1, -1)
        to_tensor = [torch.from_numpy(a.astype(np.float32)).reshape(as_row) for a in (centre, spread)]
        return cls(to_tensor[0], to_tensor[1], target, tuple(shape))

    def inputs(self, x: NDArray[Any], device: torch.device) -> torch.Tensor:
        tensor = torch.from_numpy(np.array(x)).to(device).float()
        if tensor.ndim == 4:  # (m, height, width, channels) seen as (m, channels, height, width) is channels-last
            tensor = tensor.permute(0, 3, 1, 2)
        return (tensor - self.centre.to(device)) / self.spread.to(device)

    def targets(self, y: NDArray[Any], device: torch.device) -> torch.Tensor:
        if np.issubdtype(y.dtype, np.integer):
            return torch.from_numpy(y.astype(np.int64)).to(device)
        centre, spread = self.target
        return torch.from_numpy(((y - centre) / spread).astype(np.float32)).to(device)


def _fit(
    net: nn.Module, task: Task, options: Options, scale: _Scale, device: torch.device
) -> tuple[dict[str, torch.Tensor], int, str]:
    """Train until the validation loss has risen `patience` times in a row; give best weights, epochs and why it ended."""
    x, y = scale.inputs(task.train.x, device), scale.targets(task.train.y, device)
    batch = batch_size(task.params, task.n)
    optimiser = _sgd(net, task.params, device)
    best, lowest, last, rises = _copy(net), float("inf"), float("inf"), 0
    for epoch in range(1, options.epochs + 1):
        _epoch(net, optimiser, x, y, batch)
        loss = _loss(net, task.validation, task, scale, device)
        task.report(epoch, loss)
        if not np.isfinite(loss):
            raise Diverged(epoch, f"validation loss {loss} after epoch {epoch}")
        if loss < lowest:
            best, lowest = _copy(net), loss
        rises = rises + 1 if loss > last else 0
        last = loss
        if rises >= options.patience:
            return best, epoch, f"stopped after {rises} rises in a row"
        hopeless = task.purpose == "search" and epoch == options.hopeless_after
        if hopeless and lowest > GIVEN_UP * task.chance.get("loss", float("inf")):
            return best, epoch, f"given up: no better than guessing after {epoch} epochs"
    return best, options.epochs, "last epoch"


def _epoch(net: nn.Module, optimiser: torch.optim.SGD, x: torch.Tensor, y: torch.Tensor, batch: int) -> None:
    net.train()
    order = torch.randperm(len(x)).to(x.device)
    for start in range(0, len(x), batch):
        chosen = order[start : start + batch]
        optimiser.zero_grad(set_to_none=True)
        _criterion(net(x[chosen]), y[chosen]).backward()  # type: ignore[no-untyped-call]
        optimiser.step()


def _criterion(outputs: torch.Tensor, y: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    if y.dtype == torch.int64:
        return nn.functional.cross_entropy(outputs, y, reduction=reduction)
    return nn.functional.mse_loss(outputs.squeeze(1), y, reduction=reduction)


def _loss(net: nn.Module, part: Part, task: Task, scale: _Scale, device: torch.device) -> float:
    return _evaluate(net, part, task, scale, device)[0]


@torch.inference_mode()
def _evaluate(
    net: nn.Module, part: Part, task: Task, scale: _Scale, device: torch.device
) -> tuple[float, NDArray[np.floating[Any]]]:
    """Mean loss over a whole part, squared error in the square of the target's own unit, and the net's outputs."""
    net.eval()
    total = torch.zeros((), device=device, dtype=torch.float64)
    chunks = []
    for chunk in _chunks(len(part), device):
        y = scale.targets(part.y[chunk], device)
        outputs = net(scale.inputs(part.x[chunk], device))
        total += _criterion(outputs, y, "sum").double()
        chunks.append(outputs)
    unit = scale.target[1] ** 2 if task.kind == "regression" else 1.0
    return float(total) / len(part.y) * unit, torch.cat(chunks).cpu().numpy()


def _metrics(net: nn.Module, part: Part, task: Task, scale: _Scale, device: torch.device) -> dict[str, float]:
    loss, outputs = _evaluate(net, part, task, scale, device)
    if task.kind == "regression":
        outputs = outputs[:, 0] * scale.target[1] + scale.target[0]
    wanted = _measured(task.kind, task.metrics)
    return {name: measure(name, outputs, np.asarray(part.y), loss) for name in wanted}


def _measured(kind: str, metrics: tuple[str, ...]) -> list[str]:
    standard = ("loss", "error") if kind == "classification" else ("loss", "rmse")
    return list(dict.fromkeys((*standard, *(metric_name(name, kind) for name in metrics))))


def _chunks(m: int, device: torch.device) -> Iterator[slice]:
    step = CHUNK.get(device.type, CHUNK_ELSEWHERE)
    return (slice(start, start + step) for start in range(0, m, step))


def _sgd(net: nn.Module, params: Mapping[str, Any], device: torch.device) -> torch.optim.SGD:
    lr, momentum, decay = (float(params.get(key, OWN[key])) for key in ("lr", "momentum", "weight_decay"))
    fused = device.type in ("cpu", "cuda")
    return torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum, weight_decay=decay, fused=fused)


def _copy(net: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise KleiberError(f"device {name!r} is not to be had on this machine: {str(error).splitlines()[0]}") from error
    return device
