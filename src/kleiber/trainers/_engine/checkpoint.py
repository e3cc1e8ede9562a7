"""A trial that pauses, and goes on later, in another process too: a file that may be missing, for then it starts anew.

No random state is kept: the order of a pass and the draws of a leg come from the trial's seed and their number.
"""

import os
from dataclasses import asdict, fields
from pathlib import Path

import torch
from torch import nn

from kleiber.trainers._engine.loop import Standing


def save(path: Path, net: nn.Module, optimiser: torch.optim.Optimizer, standing: Standing) -> None:
    """Write a trial's net, optimiser and standing; the file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), **asdict(standing)}, draft)
    draft.replace(path)


def load(path: Path | None, net: nn.Module, optimiser: torch.optim.Optimizer) -> Standing | None:
    """Put net and optimiser as they were, and give the standing; None, and nothing changed, where no file can be read."""
    if path is None:
        return None
    fresh = {name: value.clone() for name, value in net.state_dict().items()}
    try:
        kept = torch.load(path, weights_only=True, map_location=next(net.parameters()).device)
        standing = Standing(**{field.name: kept[field.name] for field in fields(Standing)})
        net.load_state_dict(kept["net"])
        optimiser.load_state_dict(kept["optimiser"])
    except Exception:  # a torn file fails in any way that PyTorch's reader can
        net.load_state_dict(fresh)
        return None
    return standing
