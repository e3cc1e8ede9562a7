"""The last step of a calibration: how likely a curve is to be a clean one, and how wide clean components are to be.

What strays is as it was learnt before; each cut is a mixture of the two kinds, with log odds that are linear in features
and in the log factor of the evidence. Their coefficients, and the log widths, are those under which the rows that were not
seen are most likely.
"""

from collections.abc import Callable

import numpy as np
import torch
from dev.learning.model import WORST, Model, log_density, tensors
from dev.learning.tables import Table
from numpy.typing import NDArray

from kleiber.forecasting.calibration import FEATURES, NEARBY
from kleiber.forecasting.features import NAMES
from kleiber.forecasting.posterior import NARROWEST
from kleiber.forecasting.stretch import leans

Array = NDArray[np.float64]

RIDGE = {"odds": 1e-4, "factor": 1e-3, "width": 3e-3}
STEPS, CHUNK = 50, 2000
HELD_BACK = 0.5  # taken off the log odds of clean curves, else forecasts of curves that break lean to one side
NARROWER = {"one": 0.1, "sizes": -0.12, "noise": 0.1, "repeated": -0.01}  # off the log widths of clean components


def learn_kinds(
    model: Model, spread: Array, table: Table, weight: Array, say: Callable[[str], None]
) -> tuple[Array, Array]:
    """Give the coefficients `clean (FEATURES + 2,)` and `clean_width (FEATURES + 1,)` from the cuts with a weight."""
    used = np.flatnonzero(weight > 0)
    parts = [tensors(table, used[k : k + CHUNK]) for k in range(0, len(used), CHUNK)]
    other = [straying(model, spread, part) for part in parts]
    share = [
        torch.tensor(weight[used[k : k + CHUNK]] / weight.sum(), dtype=torch.float32) for k in range(0, len(used), CHUNK)
    ]
    odds, factor = torch.zeros(FEATURES + 1, requires_grad=True), torch.zeros((), requires_grad=True)
    width = torch.zeros(FEATURES + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([odds, factor, width], max_iter=STEPS, history_size=12, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        whole = RIDGE["odds"] * (odds**2).sum() + RIDGE["factor"] * factor**2 + RIDGE["width"] * (width**2).sum()
        for part, strays, each in zip(parts, other, share, strict=True):
            whole = whole - (score(part, strays, odds, factor, width) * each).sum()
        whole.backward()
        return whole.detach()

    optimiser.step(closure)
    say(f"  kinds: mean score {-float(closure()):.4f}")
    found = torch.cat([odds, factor[None]]).detach().numpy().astype(np.float64)
    found[NAMES.index("one")] -= HELD_BACK
    wide = width.detach().numpy().astype(np.float64)
    for name, by in NARROWER.items():
        wide[NAMES.index(name)] -= by
    return found, wide


def score(
    part: dict[str, torch.Tensor], strays: torch.Tensor, odds: torch.Tensor, factor: torch.Tensor, width: torch.Tensor
) -> torch.Tensor:
    """Give the mean log density of each cut's rows, `(C,)`."""
    known = torch.cat([part["features"], part["errors"][:, None]], dim=1) @ odds + torch.exp(factor) * part["log_factor"]
    wide = torch.exp((part["features"] @ width[:-1])[:, None] + width[-1] * _distance(part))[:, None]
    relative = (part["clean_sd"] * wide / part["clean_mean"]) ** 2 + part["clean_noise"][:, :, None]
    scale = torch.sqrt(torch.log1p(relative.clamp(min=NARROWEST**2)))
    log_weight = torch.log(part["clean_weight"].clamp(min=1e-30))
    clean = _of_rows(part, part["clean_dof"], part["log_truth"], log_weight, torch.log(part["clean_mean"]), scale)
    mixed = torch.logaddexp(
        torch.nn.functional.logsigmoid(known)[:, None] + clean, torch.nn.functional.logsigmoid(-known)[:, None] + strays
    )
    return (mixed.clamp(min=WORST) * part["known"]).sum(1) / part["known"].sum(1)


def straying(model: Model, spread: Array, part: dict[str, torch.Tensor]) -> torch.Tensor:
    """Give the log density of each row as of a curve that strays, `(C, Q)`."""
    with torch.no_grad():
        log_weight, scale = model.mixture(part)
        place = torch.log(part["mean"])
        middle = (torch.exp(log_weight)[:, :, None] * place).sum(1, keepdim=True)
        table = torch.tensor(spread, dtype=torch.float32)
        factor = ((part["features"] @ table[:-1])[:, None] + table[-1] * _distance(part)).clamp(-1.0, 1.0)
        off = part["log_truth"] - middle[:, 0]
        below, above = (torch.tensor(lean) for lean in leans(part["distance"].numpy()))
        factor = torch.exp(factor + torch.where(off < 0, below, above))
        at = middle[:, 0] + off / factor
        return _of_rows(part, part["dof"], at, log_weight, place, scale) - torch.log(factor)


def _of_rows(
    part: dict[str, torch.Tensor],
    dof: torch.Tensor,
    at: torch.Tensor,
    log_weight: torch.Tensor,
    place: torch.Tensor,
    scale: torch.Tensor,
) -> torch.Tensor:
    """Give the log density of each row's loss, whose log lies `at (C, Q)` among the components, `(C, Q)`."""
    z = (at[:, None] - place) / scale
    density = log_density(z, dof[:, None, None]) - torch.log(scale)
    return torch.logsumexp(log_weight[:, :, None] + density, 1) + part["grows"]


def _distance(part: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.log(NEARBY + part["distance"].clamp(min=0.0))
