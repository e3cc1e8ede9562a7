"""Least squares for one law, certified: no start values asked of anyone, and a sentence that says how it ended.

`least_squares.py` searches and `polish.py` finishes; here units are normalised before and restored after, and what was
found is judged by what does not depend on the search: the last Newton step, rounding, curvature, bounds, other starts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kleiber.errors import KleiberError
from kleiber.fitting.least_squares import TIE, Descent, Problem, lengths, search
from kleiber.fitting.polish import FLAT, Polished, polish
from kleiber.laws import Law

Array = NDArray[np.float64]

SAME = 1e-8  # starts that end within this of each other's sum of squares, in relation, found the same minimum
EXTREME = 100  # decades: squares and products of larger numbers are no floats
SURE = 1e-5  # relative error of a parameter above which it is not called converged: the next digit is the fourth


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The least-squares fit of a law: `theta (p,)` in the law's order, residual sum of squares, degrees of freedom.

    `se (p,)` and `covariance (p, p)` are of s^2 (J'J)^-1; None where a parameter is at its bound, nothing is left to
    estimate the noise from, or the fit did not converge (the covariance also where its variances are no positive floats).
    With standard errors given, `rss` is the sum of (residual / se)^2. `minima` counts the different local minima that the
    starts ended in. `status` is a sentence, `converged` its verdict.
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


def fit(
    law: Law,
    n: ArrayLike,
    loss: ArrayLike,
    *,
    se: ArrayLike | None = None,
    bounded: bool = True,
    iterations: int = 200,
) -> Fit:
    """Fit a law to sizes and losses `(m,)` by least squares, weighted where standard errors `se (m,)` are given.

    Only the ratios of `se` weigh; the noise itself is estimated from the residuals. With `bounded=False` a and c may take
    any sign, and exponents too, as other programs let them: a negative floor then says that the curve falls faster than
    the law, a negative exponent that it rises. `iterations` limits the steps from each start, and those of the polish.

    Raises `KleiberError` for values that are not finite, sizes or standard errors not positive, or fewer different sizes
    than parameters.
    """
    sizes, losses = np.asarray(n, dtype=np.float64), np.asarray(loss, dtype=np.float64)
    errors = np.ones_like(losses) if se is None else np.asarray(se, dtype=np.float64)
    _check(law, sizes, losses, errors)
    units = _Units(float(np.exp(np.mean(np.log(sizes)))), float(np.max(np.abs(losses))) or 1.0, float(np.min(errors)))
    problem = _problem(law, sizes / units.n, losses / units.loss, units.error / errors, bounded)
    found = search(problem, iterations)
    best = polish(problem, found[0].phi, iterations)
    bound = [name for name, fixed in zip(law.names, best.fixed, strict=True) if fixed]
    minima = max(1, sum(not d.limited for d in found))
    dof = len(losses) - len(law.names)
    raw, carried = _in_units(problem, best.phi, units)
    fault = _fault(problem, best, found[1:], iterations) or carried
    spread = None if fault or bound or dof == 0 else _spread(problem, best, raw, units)
    root = float(np.sqrt(best.rss)) * units.loss / units.error
    return Fit(
        law=law,
        theta=raw,
        se=None if spread is None else lengths(spread.T),
        covariance=None if spread is None else _square(spread),
        rss=root * root,
        dof=dof,
        minima=minima,
        converged=not fault,
        status=f"Not converged: {fault}." if fault else _sentence(bound, minima, dof),
    )


@dataclass(frozen=True, slots=True)
class _Units:
    """What sizes, losses and standard errors are counted in."""

    n: float
    loss: float
    error: float


def _problem(law: Law, x: Array, y: Array, w: Array, bounded: bool) -> Problem:
    largest = float(np.max(x))
    low, high = [], []
    for s in law.shape:
        is_size = s.kind == "size"
        free = s.kind == "exponent" and not bounded
        low.append(np.log(s.low * largest) if is_size else -s.high if free else s.low)
        high.append(np.log(s.high * largest) if is_size else s.high)
    return Problem(law, np.log(x), y, w, np.array(low), np.array(high), bounded)


def _theta(law: Law, phi: Array) -> Array:
    """Give theta of a place of the search: sizes in place of their logs."""
    theta = phi.copy()
    first = int(law.amplitude is not None)
    for i, s in enumerate(law.shape, start=first):
        theta[i] = np.exp(phi[i]) if s.kind == "size" else phi[i]
    return theta


def _in_units(problem: Problem, phi: Array, units: _Units) -> tuple[Array, str]:
    """Give theta in the user's units, and a fault where it is not the same curve, as its numbers are no floats."""
    with np.errstate(all="ignore"):
        theta = _theta(problem.law, phi)
        raw = problem.law.rescale(theta, 1 / units.n, 1 / units.loss)
        x = np.exp(problem.t)
        apart = np.abs(problem.law.value(x * units.n, raw) / units.loss - problem.law.value(x, theta))
    same = bool(np.all(apart <= 1e-8))
    return np.nan_to_num(
        raw
    ), "" if same else "the parameters are beyond what numbers hold in these units; count n in larger ones"


def _fault(problem: Problem, best: Polished, others: list[Descent], iterations: int) -> str:
    """Say what forbids to call the fit converged; empty where nothing does."""
    names, law = np.array(problem.law.names), problem.law
    blind = names[_error(problem, best.rounding, best.phi) > SURE]
    if len(blind):
        return f"these data do not determine {', '.join(blind)}; fit a law with fewer parameters, or measure more sizes"
    stuck = names[best.fixed & ~law.linear]
    if len(stuck):
        return f"{', '.join(stuck)} ran to a bound, so the law has no minimum within; another law may describe these data"
    if best.limited or np.any(_error(problem, best.step, best.phi) > SURE):
        limit = f"after {iterations} iterations" if best.limited else "near the minimum"
        return f"the steps {limit} did not become short; treat the parameters as rough, or raise iterations="
    if best.curvature <= FLAT:
        return "the place found is no minimum in every direction; treat the parameters as rough"
    gradient = problem.jacobian(best.phi).T @ problem.residual(best.phi)
    if np.any(gradient[best.fixed] > 1e-9):
        return f"{', '.join(names[best.fixed])} left a bound; treat the parameters as rough"
    if any(d.rss < best.rss * (1 - SAME) - TIE or (d.limited and d.rss - d.promised < best.rss) for d in others):
        return f"after {iterations} iterations another start may still lead lower; raise iterations="
    return ""


def _error(problem: Problem, error: Array, phi: Array) -> Array:
    """Give errors of phi in relation: of a log as it is, and of what is nearly zero against a millionth of the loss."""
    size = np.zeros(len(phi), dtype=bool)
    size[~problem.law.linear] = [s.kind == "size" for s in problem.law.shape]
    return np.abs(error) / np.where(size, 1.0, np.maximum(np.abs(phi), 1e-6))


def _spread(problem: Problem, best: Polished, raw: Array, units: _Units) -> Array:
    """Give a root of s^2 (J'J)^-1 in the user's units: solved in normalised units, carried over by the change of theta."""
    law, x, w = problem.law, np.exp(problem.t), problem.w[:, None]
    jacobian = law.jacobian(x, _theta(law, best.phi)) * w
    scale = lengths(jacobian)
    r = np.linalg.qr(jacobian / scale, mode="r")
    root = np.linalg.solve(r, np.eye(len(scale))) / scale[:, None]
    in_raw = law.jacobian(x * units.n, raw) / units.loss * w
    size = lengths(in_raw)
    root = np.linalg.lstsq(in_raw / size, jacobian, rcond=None)[0] @ root
    return np.asarray(root * np.sqrt(best.rss / (len(x) - len(raw))) / size[:, None])


def _square(spread: Array) -> Array | None:
    """Give the covariance; None where the units are so extreme that its elements are no floats."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        covariance = spread @ spread.T
    return covariance if np.all(np.isfinite(covariance)) and np.all(np.diag(covariance) > 0) else None


def _sentence(bound: list[str], minima: int, dof: int) -> str:
    text = "Converged" + (f"; {', '.join(bound)} at its bound, so no standard errors" if bound else "")
    text += "; no degrees of freedom are left, so no standard errors" if dof == 0 else ""
    return text + (f"; the best of {minima} local minima." if minima > 1 else ".")


def _check(law: Law, n: Array, loss: Array, se: Array) -> None:
    if n.ndim != 1 or n.shape != loss.shape or se.shape != loss.shape:
        shapes = f"{n.shape}, {loss.shape} and {se.shape}"
        raise KleiberError(f"n, loss and se must be vectors of one length, not of shapes {shapes}")
    if not (np.all(np.isfinite(n)) and np.all(n > 0) and np.all(np.isfinite(loss))):
        raise KleiberError("n must be finite and positive, and loss finite: leave out the rows that are not")
    if not (np.all(np.isfinite(se)) and np.all(se > 0)):
        raise KleiberError("se must be finite and positive: leave out the rows that are not")
    for name, values in (("n", n), ("loss", loss[np.abs(loss) == np.max(np.abs(loss), initial=0.0)]), ("se", se)):
        if np.any((np.abs(np.log10(np.abs(values[values != 0])))) > EXTREME):
            raise KleiberError(f"{name} is beyond 1e-{EXTREME} to 1e{EXTREME}: count it in another unit")
    if len(np.unique(n)) < len(law.names):
        raise KleiberError(
            f"{len(np.unique(n))} different sizes cannot fit the {len(law.names)} parameters of {law.name}: measure more"
        )
