"""From a net's name and hyper-parameters to a module and its optimiser."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.trainers._engine.batch import OWN, optimiser_name

OPTIMISERS = ("sgd", "adamw")


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
        raise KleiberError(f"[params] {', '.join(strangers)}: net {net!r} takes {', '.join(known)}; remove or rename it")
    offered = {"shape": shape, "outputs": outputs}
    module = build(**{key: value for key, value in offered.items() if key in accepted}, **widths)
    if not isinstance(module, nn.Module):
        raise KleiberError(f"net {net!r} gave {type(module).__name__}; it must give a torch.nn.Module")
    if any(nn.parameter.is_lazy(parameter) for parameter in module.parameters()):
        with torch.no_grad():
            module(torch.zeros(2, *shape))
    return module


def fresh(
    net: str, shape: tuple[int, ...], outputs: int, params: Mapping[str, Any], device: torch.device
) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Give a net on a device, its images' channels last in memory, with its optimiser."""
    module = build_net(net, shape, outputs, params)
    module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module, optimiser_of(module, params, device)


def pads(net: str) -> bool:
    """Say whether a net of the folder stays what it is where its widths are padded with zeros: its file says `PADS`."""
    return bool(getattr(plugins.load("nets", net), "PADS", False))


def optimiser_of(net: nn.Module, params: Mapping[str, Any], device: torch.device) -> torch.optim.Optimizer:
    """Give the optimiser that the hyper-parameters ask for, fused where the device has it."""
    lr, momentum, decay = (float(params.get(key, OWN[key])) for key in ("lr", "momentum", "weight_decay"))
    kind = optimiser_name(params)
    fused = device.type in ("cpu", "cuda", "mps")
    if kind == "sgd":
        return torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum, weight_decay=decay, fused=fused)
    if kind == "adamw":
        return torch.optim.AdamW(net.parameters(), lr=lr, betas=(momentum, 0.999), weight_decay=decay, fused=fused)
    known = " or ".join(f'"{name}"' for name in OPTIMISERS)
    raise KleiberError(f"[params] optimiser: must be {known}, not {kind!r}")


def criterion(outputs: torch.Tensor, y: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """Give the loss of outputs `(m, classes)` for classes `(m,)`: cross-entropy; of `(m, 1)` for numbers: squared error."""
    if y.dtype == torch.int64:
        return nn.functional.cross_entropy(outputs, y, reduction=reduction)
    return nn.functional.mse_loss(outputs.squeeze(1), y, reduction=reduction)
