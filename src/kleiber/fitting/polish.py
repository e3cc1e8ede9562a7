"""The last digits of a least-squares fit, and what certifies them: Newton's steps in all parameters off their bounds.

The step is taken in directions that each move the fitted values by one unit (columns of the inverse of R, from a QR
decomposition of the Jacobian), so that ill-conditioned laws lose no digits to J'J; there the Hessian is the identity plus
what the law's second derivatives add.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kleiber.fitting.least_squares import Array, Problem, lengths

NEAR = 1e-6  # after so short a step the curvature is the same
NOTHING = 1e-11  # residuals below are rounding: no curvature is read off them
NO_SLOPE = 1e-150  # a shorter column of the Jacobian says that nothing depends on its parameter
FLAT = 1e-3  # a Hessian with a smaller eigenvalue, of 1 without curvature, is not trusted


@dataclass(frozen=True, slots=True, eq=False)
class Polished:
    """A place with what certifies it: the last step, the rounding error of each parameter, the least curvature.

    `step`, `rounding`: `(p,)`, 0 for a parameter held at its bound; infinite where the data do not determine it.
    `curvature` is the least eigenvalue of the Hessian against that of a law without curvature: not positive where the
    place is no minimum. `limited`: the iterations were used up before the steps stopped shortening.
    """

    phi: Array
    rss: float
    step: Array
    rounding: Array
    curvature: float
    fixed: NDArray[np.bool_]
    limited: bool


def polish(problem: Problem, phi: Array, iterations: int) -> Polished:
    """Take Newton's steps in all parameters off their bounds until they no longer shorten, and measure what is left."""
    fixed = _fixed(problem, phi)
    step, rounding = np.where(fixed, 0.0, np.inf), np.where(fixed, 0.0, np.inf)
    curvature, last, bent = float(fixed.all()), np.inf, np.eye(0)
    limited = not fixed.all()
    for _ in range(iterations + 1 if limited else 0):
        residual = problem.residual(phi)
        jacobian = problem.jacobian(phi)[:, ~fixed]
        scale = lengths(jacobian)
        if not np.all(scale > NO_SLOPE):
            rounding[~fixed] = np.where(scale > NO_SLOPE, 0.0, np.inf)
            limited = False
            break
        q, r = np.linalg.qr(jacobian / scale)
        inverse, enough = _inverse(r, scale)
        if not enough:
            rounding[~fixed] = _undetermined(r)
            limited = False
            break
        rounding[~fixed] = 4 * np.finfo(float).eps * np.linalg.norm(problem.w * problem.y) * lengths(inverse.T)
        if last > NEAR:
            bent = np.eye(len(scale)) + _bend(problem, phi, residual, inverse, fixed)
            curvature = float(np.linalg.eigvalsh(bent)[0])
        whitened = np.linalg.solve(bent, q.T @ residual) if curvature > FLAT else q.T @ residual
        length = float(np.linalg.norm(whitened))
        moved = phi.copy()
        moved[~fixed] += inverse @ whitened
        if length >= last or not _inside(problem, moved):
            limited = False
            break
        step = moved - phi
        phi, last = _on_bounds(problem, moved), length
    residual = problem.residual(phi)
    return Polished(phi, float(residual @ residual), step, rounding, curvature, fixed, limited)


def _inverse(r: Array, scale: Array) -> tuple[Array, bool]:
    """Give the inverse of R with the scale of the columns taken back, `(p, p)`, and whether it can be trusted."""
    values = np.linalg.svd(r, compute_uv=False)
    if values[-1] < 1e-13 * values[0]:
        return np.zeros_like(r), False
    return np.linalg.solve(r, np.eye(len(scale))) / scale[:, None], True


def _undetermined(r: Array) -> Array:
    """Give infinity for the parameters that take part in the direction that changes nothing."""
    direction = np.abs(np.linalg.svd(r)[2][-1])
    return np.where(direction > 1e-3, np.inf, 0.0)


def _bend(problem: Problem, phi: Array, residual: Array, inverse: Array, fixed: NDArray[np.bool_]) -> Array:
    """Give the part of the Hessian from the law's second derivatives, in directions that move the fit by one unit."""
    size = float(np.linalg.norm(residual))
    count = inverse.shape[1]
    if size < NOTHING:
        return np.zeros((count, count))
    bend = np.empty((count, count))
    for j in range(count):
        aside = np.zeros_like(phi)
        aside[~fixed] = inverse[:, j]
        step = min(1e-3 * size, _room(problem, phi, aside) / 2)
        aside *= step
        ahead, behind = (inverse.T @ (problem.jacobian(p)[:, ~fixed].T @ residual) for p in (phi + aside, phi - aside))
        bend[:, j] = -(ahead - behind) / (2 * step)
    return np.asarray((bend + bend.T) / 2)


def _room(problem: Problem, phi: Array, direction: Array) -> float:
    """Give how far one can go both ways along the direction without the shape leaving its bounds."""
    shape, speed = problem.shape(phi), np.abs(problem.shape(direction))
    near = np.minimum(shape - problem.low, problem.high - shape)
    return float(np.min(near[speed > 0] / speed[speed > 0], initial=np.inf))


def _fixed(problem: Problem, phi: Array) -> NDArray[np.bool_]:
    """Say which parameters lie on a bound."""
    fixed = np.zeros(len(phi), dtype=bool)
    row = problem.shape(phi)
    fixed[~problem.law.linear] = (row <= problem.low) | (row >= problem.high)
    if problem.bounded:
        fixed |= problem.law.linear & (phi <= 0)
    return fixed


def _inside(problem: Problem, phi: Array) -> bool:
    """Say whether phi lies within its bounds, a and c up to rounding."""
    row = problem.shape(phi)
    inside = bool(np.all(np.isfinite(phi)) and np.all(row >= problem.low) and np.all(row <= problem.high))
    return inside and not (problem.bounded and np.any(phi[problem.law.linear] < -1e-10))


def _on_bounds(problem: Problem, phi: Array) -> Array:
    return np.where(problem.law.linear & (phi < 0), 0.0, phi) if problem.bounded else phi
