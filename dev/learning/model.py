"""The fit of a calibration: the held-out predictive log-likelihood of the cuts, with a ridge towards the hand-set prior.

PyTorch gives the gradient, L-BFGS takes the steps; the arithmetic is that of `kleiber.weights.learnt` and
`kleiber.mixture`, and `tests/test_calibration.py` holds the two together.
"""

from collections.abc import Callable

import numpy as np
import torch
from dev.learning.tables import LEAST, Table, log_truth
from numpy.typing import NDArray

from kleiber.forecasting.calibration import FEATURES, NEARBY, SHAPES, Calibration
from kleiber.forecasting.features import NAMES
from kleiber.forecasting.posterior import NARROWEST

Array = NDArray[np.float64]

AFTERWARDS = ("spread", "clean", "clean_width")  # the spread for coverage, then the kinds of curve
UNSURE, AS_WIDE = np.zeros(FEATURES + 2), np.zeros(FEATURES + 1)
CHUNK = 1500
WORST = -12.0  # a log-likelihood below this counts as this: one impossible row is not to bend the table
FREER = 0.1  # of the ridge
BLUR = 0.03  # an error of the log loss below this is as good as none
RIDGE = {"temper": 1.0, "by_kernel": 1.0, "by_slope": 1.0, "by_bin": 1.0, "width": 10.0}
FIRM = 10.0  # times the ridge of the powers of the evidence between kernels, and of either power by bend and fall
SHAPE = [NAMES.index(name) for name in ("bend", "begun")]


class Model(torch.nn.Module):
    """The coefficients of a calibration as parameters, and the log-likelihood of tabulated cuts."""

    def __init__(self, laws: tuple[str, ...]) -> None:
        super().__init__()
        self.laws = laws
        for name, shape in SHAPES.items():
            if name in AFTERWARDS:
                continue
            self.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))

    def mixture(self, part: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Give the log weights `(C, J)` and scales of log loss `(C, J, Q)`."""
        features = part["features"]
        own, between = torch.exp((features @ self.temper.T).clamp(-3.0, 3.0)).T[:, :, None]
        kernels, slopes = self.by_bin.shape
        weight = (part["log_bin"] - part["log_kernel"]) * own + part["log_kernel"] * between + self.by_bin.flatten()
        weight = weight + (features @ self.by_kernel.T).repeat_interleave(slopes, 1)
        weight = weight + (features @ self.by_slope.T).repeat(1, kernels)
        weight = weight.masked_fill(part["unused"], -1e4)
        distance = torch.log(NEARBY + part["distance"].clamp(min=0.0))[:, None]
        width = (features @ self.width[:, :-1].T)[:, :, None] + self.width[:, -1][None, :, None] * distance
        factor = torch.exp(width.clamp(-3.0, 3.0)).repeat_interleave(slopes, 1)
        relative = (part["sd"] * factor / part["mean"]) ** 2 + part["noise"][:, :, None]
        return torch.log_softmax(weight, 1), torch.sqrt(torch.log1p(relative.clamp(min=NARROWEST**2)))

    def penalty(self) -> torch.Tensor:
        """Give the weighted sum of squares of the coefficients, that of repeated runs, which no real curve has, less.

        What is learnt of powers from some domains holds in others as far as it is small.
        """
        whole = torch.zeros(())
        for name, values in self.named_parameters():
            each = RIDGE[name] * values**2
            if name == "temper":
                each[1] = FIRM * each[1].clone()
                each[:, SHAPE] = FIRM * each[:, SHAPE].clone()
            if name != "by_bin":
                each[:, FEATURES - 1] = FREER * each[:, FEATURES - 1].clone()
            whole = whole + each.sum()
        return whole

    def score(self, part: dict[str, torch.Tensor], point: float) -> torch.Tensor:
        """Give the mean over each cut's rows of log density, less `point` times the log of the point forecast's error."""
        weight, sd = self.mixture(part)
        middle = (torch.exp(weight)[:, :, None] * torch.log(part["mean"])).sum(1)
        error = torch.log(BLUR + (torch.log(part["truth"]) - middle).abs())
        off = (error * part["known"]).sum(1) / part["known"].sum(1)
        return self.log_likelihood(part, weight, sd) - point * off

    def log_likelihood(self, part: dict[str, torch.Tensor], weight: torch.Tensor, sd: torch.Tensor) -> torch.Tensor:
        """Give the mean log density of each cut's rows, `(C,)`."""
        z = (torch.log(part["truth"])[:, None] - torch.log(part["mean"])) / sd
        density = log_density(z, part["dof"][:, None, None])
        each = torch.logsumexp(weight[:, :, None] + density - torch.log(sd), 1) - torch.log(part["truth"])
        each = each.clamp(min=WORST)
        return (each * part["known"]).sum(1) / part["known"].sum(1)

    def calibration(
        self, provenance: dict[str, object], spread: Array, clean: Array = UNSURE, clean_width: Array = AS_WIDE
    ) -> Calibration:
        """Give the coefficients as kleiber reads them, those of clean curves and the spread with them."""
        arrays = {name: p.detach().numpy().astype(np.float64) for name, p in self.named_parameters()}
        return Calibration(
            laws=self.laws, provenance=provenance, spread=spread, clean=clean, clean_width=clean_width, **arrays
        )


def learn(
    table: Table,
    weight: NDArray[np.float64],
    laws: tuple[str, ...],
    *,
    ridge: float,
    steps: int,
    point: float,
    say: Callable[[str], None],
) -> Model:
    """Fit the coefficients to the cuts with a weight; those of weight 0 are not looked at."""
    used = np.flatnonzero(weight > 0)
    parts = [tensors(table, used[k : k + CHUNK]) for k in range(0, len(used), CHUNK)]
    weights = [torch.tensor(weight[used[k : k + CHUNK]], dtype=torch.float32) for k in range(0, len(used), CHUNK)]
    whole = float(weight[used].sum())
    model = Model(laws)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=steps, history_size=12, line_search_fn="strong_wolfe")
    calls = 0

    def closure() -> torch.Tensor:
        nonlocal calls
        optimiser.zero_grad()
        total = 0.0
        for part, each in zip(parts, weights, strict=True):
            loss = -(model.score(part, point) * each).sum() / whole
            loss.backward()
            total += loss.item()
        penalty = ridge * model.penalty()
        penalty.backward()
        calls += 1
        if calls % 10 == 1:
            say(f"  {calls} evaluations: mean score {-total:.4f}")
        return torch.tensor(total + penalty.item())

    optimiser.step(closure)
    return model


def log_density(z: torch.Tensor, dof: torch.Tensor) -> torch.Tensor:
    """Give the log density of a standard component, Student's t as `kleiber.forecasting.mixture` has it."""
    scale, square = (8.0 * dof + 1.0) / (8.0 * dof + 3.0), z * z / dof
    rise = torch.log1p(square)
    ratio = torch.where(square > 1e-6, square / rise.clamp(min=1e-12), torch.ones_like(square))
    return torch.log(scale) - 0.9189385 + 0.5 * torch.log(ratio) - (1.0 + 0.5 * scale**2 * dof) * rise


def tensors(table: Table, index: NDArray[np.int64]) -> dict[str, torch.Tensor]:
    """Give some cuts of a table as tensors."""
    names = ("log_bin", "log_kernel", "mean", "sd", "noise", "distance", "truth", "features", "dof")
    part = {name: torch.tensor(getattr(table, name)[index]) for name in names}
    names = ("weight", "mean", "sd", "noise")
    part |= {f"clean_{name}": torch.tensor(getattr(table.clean, name)[index]) for name in names}
    part |= {name: torch.tensor(getattr(table.clean, name)[index]) for name in ("log_factor", "errors")}
    part["clean_dof"] = torch.tensor(table.clean.dof[index])
    part["unused"] = ~torch.isfinite(part["log_bin"])
    part["log_bin"] = torch.nan_to_num(part["log_bin"], neginf=-60.0)
    for name, values in zip(("log_truth", "grows"), log_truth(table, index), strict=True):
        part[name] = torch.nan_to_num(torch.tensor(values, dtype=torch.float32))
    part["known"] = torch.isfinite(part["truth"]).float()
    part["truth"] = torch.nan_to_num(part["truth"], nan=1.0).clamp(min=LEAST)
    return part
