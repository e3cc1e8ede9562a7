"""Least squares for one law, certified: no start values asked of anyone, and a sentence that says how it ended.

The law is linear once its shape is known, so the shape is searched on a grid in normalised units with the linear
parameters solved in closed form (Golub & Pereyra 1973), and the best minimum is polished with the exact Jacobian.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from kleiber.errors import KleiberError
from kleiber.laws import Law

Array = NDArray[np.float64]

GRID = 400
POLISH = 50  # Gauss-Newton steps at most; they end when the step no longer shortens


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The least-squares fit of a law: `theta (p,)` in the law's order, residual sum of squares, degrees of freedom.

    `se (p,)` and `covariance (p, p)` are of s^2 (J'J)^-1; None where a parameter is at its bound or nothing is left to
    estimate the noise from. `status` is a sentence, `converged` its verdict.
    """

    law: Law
    theta: Array
    se: Array | None
    covariance: Array | None
    rss: float
    dof: int
    minima: int
    converged: bool
    status: str

    def predict(self, n: ArrayLike) -> Array:
        """Give the fitted loss at sizes n, `(k,)`."""
        return self.law.value(np.atleast_1d(np.asarray(n, dtype=np.float64)), self.theta)

    def predict_se(self, n: ArrayLike) -> Array | None:
        """Give the standard error of the curve at n by the delta method, `(k,)`; None without a covariance."""
        if self.covariance is None:
            return None
        slope = self.law.jacobian(np.atleast_1d(np.asarray(n, dtype=np.float64)), self.theta)
        unit = np.sqrt(np.diag(self.covariance))
        correlation = self.covariance / np.outer(unit, unit)
        return np.asarray(np.sqrt(np.einsum("ki,ij,kj->k", slope * unit, correlation, slope * unit)))


def fit(law: Law, n: ArrayLike, loss: ArrayLike, *, bounded: bool = True) -> Fit:
    """Fit a law with one shape parameter to sizes and losses `(m,)` by unweighted least squares.

    With `bounded=False` the linear parameters may take any sign, as other programs let them: a negative floor then says
    that the curve falls faster than the law.

    Raises `KleiberError` for values that are not finite, sizes not positive, or fewer different sizes than parameters.
    """
    sizes, losses = np.asarray(n, dtype=np.float64), np.asarray(loss, dtype=np.float64)
    _check(law, sizes, losses)
    n_unit = float(np.exp(np.mean(np.log(sizes))))
    loss_unit = float(np.max(np.abs(losses))) or 1.0
    x, y = sizes / n_unit, losses / loss_unit
    if not bounded:
        law = _unbounded(law)
    theta, minima = _search(law, x, y)
    theta, settled = _polish(law, x, y, theta)
    bound = _at_bound(law, theta)
    dof = len(y) - len(theta)
    residual = y - law.value(x, theta)
    raw = law.rescale(theta, 1 / n_unit, 1 / loss_unit)
    covariance = None if bound or dof == 0 else _covariance(law, x, residual, theta, raw, (n_unit, loss_unit))
    return Fit(
        law=law,
        theta=raw,
        se=None if covariance is None else np.sqrt(np.diag(covariance)),
        covariance=covariance,
        rss=float(residual @ residual) * loss_unit**2,
        dof=dof,
        minima=minima,
        converged=settled,
        status=_sentence(settled, bound, minima, dof),
    )


def _search(law: Law, x: Array, y: Array) -> tuple[Array, int]:
    """Give the best minimum of the profile over the shape, and how many local minima the grid shows."""
    shape = law.shape[0]
    grid = np.geomspace(shape.low, shape.high, GRID)
    profile = np.array([_linear(law, x, y, b)[1] for b in grid])
    best = int(np.argmin(profile))
    rounding = 1e-9 * profile.max()
    inner = (profile[1:-1] < profile[:-2] - rounding) & (profile[1:-1] < profile[2:] - rounding)
    bracket = grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]
    found = optimize.minimize_scalar(
        lambda b: _linear(law, x, y, b)[1], bounds=bracket, method="bounded", options={"xatol": 1e-9}
    )
    shape_value = found.x if found.fun <= profile[best] else grid[best]
    return _assemble(law, _linear(law, x, y, shape_value)[0], shape_value), max(int(np.sum(inner)), 1)


def _linear(law: Law, x: Array, y: Array, shape: float) -> tuple[Array, float]:
    """Solve the linear parameters within their bounds; give them and the residual sum of squares."""
    columns = law.basis(x, np.array([shape]))
    scale = np.sqrt(np.sum(columns**2, axis=0))
    q, r = np.linalg.qr(columns / scale)
    if np.abs(np.diag(r)).min() > 1e-12:
        solution = np.linalg.solve(r, q.T @ y)
        if np.all(solution >= [p.low for p in law.parameters if p.linear]):
            residual = y - columns @ (solution / scale)
            return solution / scale, float(residual @ residual)
    solution, distance = optimize.nnls(columns / scale, y)
    return solution / scale, float(distance**2)


def _polish(law: Law, x: Array, y: Array, theta: Array) -> tuple[Array, bool]:
    """Take Gauss-Newton steps in the parameters that are off their bounds until the step no longer shortens."""
    free = ~np.array(_bounds_hit(law, theta))
    last = np.inf
    for _ in range(POLISH):
        jacobian = law.jacobian(x, theta)[:, free]
        scale = np.sqrt(np.sum(jacobian**2, axis=0))
        if not np.all(scale > 0):
            return theta, False
        step = np.linalg.lstsq(jacobian / scale, y - law.value(x, theta), rcond=None)[0] / scale
        length = float(np.max(np.abs(step * scale)))
        if length >= last:
            return theta, last < 1e-9
        moved = theta.copy()
        moved[free] += step
        if any(not p.low <= v <= p.high for p, v in zip(law.parameters, moved, strict=True)):
            return theta, last < 1e-9
        theta, last = moved, length
    return theta, last < 1e-9


def _covariance(law: Law, x: Array, residual: Array, theta: Array, raw: Array, units: tuple[float, float]) -> Array:
    """Give s^2 (J'J)^-1 in the user's units: solved in normalised units, carried over by the change of parameters."""
    jacobian = law.jacobian(x, theta)
    scale = np.sqrt(np.sum(jacobian**2, axis=0))
    r = np.linalg.qr(jacobian / scale, mode="r")
    root = np.linalg.solve(r, np.eye(len(scale))) / scale[:, None]
    in_raw = law.jacobian(x * units[0], raw) / units[1]
    change = np.linalg.lstsq(in_raw / np.linalg.norm(in_raw, axis=0), jacobian, rcond=None)[0]
    root = (change @ root) / np.linalg.norm(in_raw, axis=0)[:, None]
    return np.asarray(root @ root.T * float(residual @ residual) / (len(x) - len(theta)))


def _assemble(law: Law, linear: Array, shape: float) -> Array:
    remaining = iter(linear)
    return np.array([next(remaining) if p.linear else shape for p in law.parameters])


def _bounds_hit(law: Law, theta: Array) -> list[bool]:
    """Say which parameters lie on a bound; a shape counts within a millionth of it."""
    return [
        v <= p.low if p.linear else v <= p.low * (1 + 1e-6) or v >= p.high * (1 - 1e-6)
        for p, v in zip(law.parameters, theta, strict=True)
    ]


def _unbounded(law: Law) -> Law:
    return replace(law, parameters=tuple(replace(p, low=-np.inf) if p.linear else p for p in law.parameters))


def _at_bound(law: Law, theta: Array) -> list[str]:
    return [p.name for p, hit in zip(law.parameters, _bounds_hit(law, theta), strict=True) if hit]


def _sentence(settled: bool, bound: list[str], minima: int, dof: int) -> str:
    if not settled:
        return "Not converged: the last Gauss-Newton steps did not shorten below 1e-9; treat the parameters as rough."
    text = "Converged" + (f"; {', '.join(bound)} at its bound, so no standard errors" if bound else "")
    text += "; no degrees of freedom are left, so no standard errors" if dof == 0 else ""
    return text + (f"; the best of {minima} local minima." if minima > 1 else ".")


def _check(law: Law, n: Array, loss: Array) -> None:
    if n.ndim != 1 or n.shape != loss.shape:
        raise KleiberError(f"n and loss must be vectors of one length, not of shapes {n.shape} and {loss.shape}")
    if not (np.all(np.isfinite(n)) and np.all(n > 0) and np.all(np.isfinite(loss))):
        raise KleiberError("n must be finite and positive, and loss finite: leave out the rows that are not")
    if len(law.shape) != 1:
        raise KleiberError(f"law {law.name!r} has {len(law.shape)} shape parameters: least squares here searches one")
    if len(np.unique(n)) < len(law.parameters):
        raise KleiberError(
            f"{len(np.unique(n))} different sizes cannot fit the {len(law.parameters)} parameters of "
            f"{law.name}: measure more"
        )
