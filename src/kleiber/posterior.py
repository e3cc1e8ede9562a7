"""The posterior of a learning curve: two laws, their parameters, the noise, and what the laws miss.

The size means are a law plus noise in three parts, all relative to the level of the loss: the runs' own (sigma^2 over
the number of subsets), one shared by all runs of a size (tau), and a discrepancy between law and curve that walks as a
Brownian motion in log n (q). Given exponent, tau and q the model is linear, so amplitude, floor and sigma^2 are drawn
exactly from their closed-form posterior (O'Hagan & Forster 2004, chapter 11); exponent, tau and q lie on grids.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from kleiber import seeds
from kleiber.curve import Sizes

Array = NDArray[np.float64]

LAWS = ("power", "power_floor")  # the law index of a draw; equal prior weight
DRAWS = 2000
EXPONENTS = np.geomspace(0.01, 3.0, 60)
EXPONENT_MEDIAN, EXPONENT_LOG_SD = 0.3, 0.8  # prior: ln b ~ N(ln .3, .8), which covers the published .066 to .9
NOISE, NOISE_DOF = 0.025, 2.0  # prior of the relative noise of one run: as if two residuals of 2.5 % had been seen
SIZE_NOISE = np.array([0.0, 0.5, 2.0, 8.0, 30.0])  # tau over sigma^2; the large ones: luck of a size's hyper-parameters
SIZE_NOISE_PRIOR = np.array([0.45, 0.25, 0.15, 0.1, 0.05])
DRIFT = np.array([0.0, 0.3, 2.0, 8.0, 30.0])  # q over sigma^2, for each unit of log n
DRIFT_PRIOR = np.array([0.4, 0.15, 0.15, 0.15, 0.15])
FLOOR_TOP = 1.05  # prior of the floor: uniform between 0 and 1.05 times the smallest size mean
GOLDEN = (5**0.5 - 1) / 2  # its multiples modulo 1 are spread evenly
SMOOTH = 0.1  # each draw is blurred by a tenth of the noise, so that 2,000 draws give a smooth density
FARTHEST = 200.0  # log rise of the law below the smallest size, at most: its square is a float
CHUNK = 64  # sizes worked on at once, which holds an array of sizes x quantiles x draws small
SEARCH = 1e4  # needed sizes are searched up to this multiple of the largest size


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """The size means in units of their geometric means: `t (m,)` log size, `y (m,)` loss, `level (m,)` smooth loss.

    `share (m,)` is each mean's part of sigma^2, `run_share` that of one new run; `scatter` and `scatter_dof` are the
    relative sum of squares of subsets about their size's mean, and its degrees of freedom.
    """

    n_unit: float
    loss_unit: float
    t: Array
    y: Array
    level: Array
    share: Array
    run_share: float
    scatter: float
    scatter_dof: float
    noise: float


def prepare(sizes: Sizes) -> Data:
    """Bring the size means into units in which n and loss have geometric mean 1."""
    log_n, log_loss = np.log(sizes.n), np.log(sizes.mean)
    t, log_y = log_n - np.mean(log_n), log_loss - np.mean(log_loss)
    level = np.exp(t * (t @ log_y) / (t @ t))
    loss_unit = float(np.exp(np.mean(log_loss)))
    y = np.exp(log_y)
    share, run_share, noise = 1.0 / sizes.count, 1.0, NOISE
    if sizes.se is not None and sizes.row_se is not None:
        variance = (sizes.se / loss_unit / level) ** 2
        row = (sizes.row_se / loss_unit / level[-1]) ** 2
        noise = float(np.exp(np.mean(np.log(variance * sizes.count)) / 2))
        share, run_share = variance / noise**2, float(row / noise**2)
    scatter = sum(float(np.sum((np.array(v) / m - 1.0) ** 2)) for v, m in zip(sizes.values, sizes.mean, strict=True))
    return Data(
        n_unit=float(np.exp(np.mean(log_n))),
        loss_unit=loss_unit,
        t=t,
        y=y,
        level=level,
        share=share,
        run_share=run_share,
        scatter=scatter,
        scatter_dof=float(np.sum(sizes.count - 1)),
        noise=noise,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Draws of law, exponent, floor, noise and drift `(d,)`, each with its Gaussian prediction at any size.

    `amplitude` is the reducible loss at the smallest size, in units of `data.loss_unit` as `floor` is. `carried (d, m)`
    is the weight of each size in the drift that a draw carries on. Every draw's prediction is cut off at zero, since a
    loss is positive, so no quantile is negative; that of a `bounded` loss, an error as a fraction, at 1 too. `n_test`
    is the size of a new run's own test set: its sampling noise widens a new run's prediction alone, never the curve's.
    """

    data: Data
    law: NDArray[np.int64]
    exponent: Array
    amplitude: Array
    floor: Array
    variance: Array
    size_noise: Array
    drift: Array
    kernel: NDArray[np.int64]
    inverse: Array
    carried: Array
    n_test: int | None
    bounded: bool

    def moments(self, n: Array, runs: float | None) -> tuple[Array, Array]:
        """Give mean and standard deviation `(k, d)` of each draw's prediction before the cut at zero (and at 1).

        `runs` is how many new runs the measured loss is the mean of; None is for the curve itself.
        """
        data = self.data
        t = np.log(n / data.n_unit)
        law = self.amplitude * np.exp(np.minimum(-np.outer(t - data.t[0], self.exponent), FARTHEST)) + self.floor
        walk = np.maximum(np.minimum.outer(t, data.t) - data.t[0], 0.0)
        level = np.interp(t, data.t, data.level)
        mean = law + level[:, None] * self.drift * (walk @ self.carried.T)
        known = np.einsum("ki,gij,kj->kg", walk, self.inverse, walk)[:, self.kernel]
        relative = self.drift * np.abs(t - data.t[0])[:, None] - self.drift**2 * known
        spread = self.variance * np.maximum(relative, 0.0) * level[:, None] ** 2
        if runs is not None:
            spread = spread + self.variance * (self.size_noise + data.run_share / runs) * law**2 + self._test_noise(law)
        smooth = SMOOTH**2 * self.variance * law**2
        sd = np.sqrt(spread + smooth)
        return np.clip(mean, -5.0 * sd, self.top + 5.0 * sd), sd

    @property
    def top(self) -> float:
        """Give the highest loss there is, in units of `data.loss_unit`: that of 1 for an error as a fraction, else inf."""
        return 1.0 / self.data.loss_unit if self.bounded else float("inf")

    def cdf(self, n: Array, loss: Array, runs: float | None) -> Array:
        """Give P(loss at n[i] <= loss[i, j]), `(k, j)`."""
        mean, sd = self.moments(n, runs)
        return _cdf(np.asarray(loss) / self.data.loss_unit, mean, sd, self.top)

    def logpdf(self, n: Array, loss: Array) -> Array:
        """Give the natural log of the density of a new run's loss[i] at n[i], `(k,)`; -inf where it cannot be."""
        mean, sd = self.moments(n, 1.0)
        x = (loss / self.data.loss_unit)[:, None]
        log_density = -0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - np.log(_mass(mean, sd, self.top))
        constant = 0.5 * np.log(2 * np.pi) + np.log(mean.shape[1]) + np.log(self.data.loss_unit)
        possible = (loss > 0) & (loss <= self.top * self.data.loss_unit)
        return np.where(possible, special.logsumexp(log_density, axis=1) - constant, -np.inf)

    def quantile(self, n: Array, q: Array, runs: float | None) -> Array:
        """Give the quantiles of the mixture, `(k, len(q))`, never falling as q rises."""
        parts = [self._quantile(n[i : i + CHUNK], q, runs) for i in range(0, len(n), CHUNK)]
        found = np.concatenate(parts) if parts else np.empty((0, len(q)))
        rank = np.argsort(np.argsort(q, kind="stable"), kind="stable")
        return np.asarray(np.sort(found, axis=1)[:, rank])

    def _quantile(self, n: Array, q: Array, runs: float | None) -> Array:
        """Solve for the quantiles by Newton's method, kept inside a bracket that is halved."""
        mean, sd = self.moments(n, runs)
        low = np.zeros((len(n), len(q)))
        high = np.max(np.maximum(mean, 0.0)[:, None, :] + sd[:, None, :] * special.ndtri((1 + q) / 2)[:, None], axis=2)
        high = np.minimum(high, self.top)
        spread = special.ndtri((np.arange(mean.shape[1]) * GOLDEN + 0.5) % 1.0)
        x = np.clip(np.quantile(mean + sd * spread, q, axis=1).T, low, high)
        for _ in range(60):
            error = _cdf(x, mean, sd, self.top) - q
            low, high = np.where(error < 0, x, low), np.where(error < 0, high, x)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = x - error / _density(x, mean, sd, self.top)
            inside = (step >= low) & (step <= high)
            step = np.where(inside, step, (low + high) / 2)
            if np.all((np.abs(step - x) <= 1e-10 * x) | (high - low <= 1e-10 * high)):
                break
            x = step
        return np.asarray(step * self.data.loss_unit)

    def reached(self, n: Array, target: float) -> Array:
        """Give P(mean curve, discrepancy included, <= target) at each size, `(k,)`."""
        return self.cdf(n, np.full((len(n), 1), target), None)[:, 0]

    def needed(self, target: float, probability: float) -> float:
        """Give the smallest size, not below the smallest measured, that reaches the target with this probability.

        Searched up to 1e4 times the largest size; inf where there is none.
        """
        t = np.linspace(self.data.t[0], self.data.t[-1] + np.log(SEARCH), 241)
        enough = np.flatnonzero(self.reached(self.data.n_unit * np.exp(t), target) >= probability)
        if len(enough) == 0:
            return float("inf")
        if enough[0] == 0:
            return float(self.data.n_unit * np.exp(t[0]))
        low, high = t[enough[0] - 1], t[enough[0]]
        for _ in range(45):
            middle = (low + high) / 2
            reached = self.reached(self.data.n_unit * np.exp(np.array([middle])), target)[0] >= probability
            low, high = (low, middle) if reached else (middle, high)
        return float(self.data.n_unit * np.exp(high))

    def _test_noise(self, law: Array) -> Array:
        """Variance of a new run's test sample: binomial for an error rate, else as if one example's sd were the loss."""
        if self.n_test is None:
            return np.zeros_like(law)
        one = np.clip(law, 0, self.top) * np.clip(self.top - law, 0, self.top) if self.bounded else law**2
        return np.asarray(one / self.n_test)


def draw(data: Data, *, n_test: int | None = None, bounded: bool = False, random_state: int = 0) -> Posterior:
    """Draw from the posterior of a curve; the same data and `random_state` give the same draws.

    Draws with an amplitude that is not positive are rejected, so there may be fewer than 2,000, down to none where the
    loss rises.
    """
    coarse = _components(data, EXPONENTS)
    likely = EXPONENTS[np.any(coarse.log_weight > coarse.log_weight.max() - 14.0, axis=(0, 1))]
    step = EXPONENTS[1] / EXPONENTS[0]
    parts = _components(data, np.geomspace(likely[0] / step, likely[-1] * step, len(EXPONENTS)))
    chance = seeds.generator(int(random_state), "posterior draws")
    weight = np.exp(parts.log_weight - parts.log_weight.max()).ravel()
    position = (np.arange(DRAWS) + chance.random(DRAWS)) / DRAWS * weight.sum()
    chosen = np.minimum(np.searchsorted(np.cumsum(weight), position), len(weight) - 1)
    law, kernel, at = (np.asarray(i, dtype=np.int64) for i in np.unravel_index(chosen, parts.log_weight.shape))
    floor, variance, amplitude = _linear_draws(parts, (law, kernel, at), chance)
    keep = amplitude > 0
    law, kernel, exponent = law[keep], kernel[keep], parts.exponents[at[keep]]
    floor, variance, amplitude = floor[keep], variance[keep], amplitude[keep]
    residual = data.y - amplitude[:, None] * np.exp(-np.outer(exponent, data.t - data.t[0])) - floor[:, None]
    size_noise, drift = np.repeat(SIZE_NOISE, len(DRIFT)), np.tile(DRIFT, len(SIZE_NOISE))
    return Posterior(
        data=data,
        law=law,
        exponent=exponent,
        amplitude=amplitude,
        floor=floor,
        variance=variance,
        size_noise=size_noise[kernel],
        drift=drift[kernel],
        kernel=kernel,
        inverse=parts.inverse,
        carried=_carried(parts.inverse, kernel, residual / data.level),
        n_test=n_test,
        bounded=bounded,
    )


def _carried(inverse: Array, kernel: NDArray[np.int64], residual: Array) -> Array:
    """Solve each draw's kernel for its residual, `(d, m)`."""
    carried = np.empty_like(residual)
    for k in np.unique(kernel):
        carried[kernel == k] = residual[kernel == k] @ inverse[k]
    return carried


@dataclass(frozen=True, slots=True, eq=False)
class _Components:
    """One Gaussian-inverse-gamma posterior for each law, kernel and exponent `(2, g, e)`."""

    exponents: Array
    log_weight: Array
    amplitude: Array
    floor: Array
    amplitude_unit: Array  # variances over sigma^2
    floor_unit: Array
    cross_unit: Array
    squares: Array  # prior, scatter and residual sum of squares
    dof: Array
    inverse: Array  # (g, m, m), of the correlation in units of the level
    floor_top: float


def _components(data: Data, exponents: Array) -> _Components:
    """Solve amplitude and floor by generalised least squares at every exponent and kernel, with their evidence."""
    fall = np.exp(-np.outer(exponents, data.t - data.t[0]))
    walk = np.minimum.outer(data.t, data.t) - data.t[0]
    prior = np.log(np.outer(SIZE_NOISE_PRIOR, DRIFT_PRIOR)).ravel()
    top = FLOOR_TOP * float(data.y.min())
    terms, inverses = [], []
    for k, (tau, q) in enumerate((tau, q) for tau in SIZE_NOISE for q in DRIFT):
        root = linalg.cholesky(np.diag(data.share + tau) + q * walk, lower=True)
        columns = np.vstack([data.y, np.ones_like(data.y), fall]) / data.level
        y, one, *x = linalg.solve_triangular(root, columns.T, lower=True).T
        log_det = 2 * float(np.sum(np.log(np.diag(root) * data.level)))
        terms.append(_solve(data, y, one, np.array(x), prior[k] - 0.5 * log_det, top))
        inverses.append(linalg.cho_solve((root, True), np.eye(len(data.y))))
    log_weight, amplitude, floor, *units, squares, dof = (np.stack(v, axis=1) for v in zip(*terms, strict=True))
    log_b = np.log(exponents)
    log_weight += -0.5 * ((log_b - np.log(EXPONENT_MEDIAN)) / EXPONENT_LOG_SD) ** 2 + exponents * data.t[0]
    return _Components(
        exponents, log_weight, amplitude, floor, units[0], units[1], units[2], squares, dof, np.array(inverses), top
    )


def _solve(data: Data, y: Array, one: Array, x: Array, log_prior: float, top: float) -> tuple[Array, ...]:
    """Give, for both laws stacked `(2, e)`: log evidence, estimates, their unit variances, squares and dof."""
    xx, xo, oo, xy, oy = (x * x).sum(1), x @ one, one @ one, x @ y, one @ y
    det = np.maximum(xx * oo - xo**2, 1e-14 * xx * oo)
    zero = np.zeros_like(xx)
    floor = np.stack([zero, (xx * oy - xo * xy) / det])
    amplitude = np.stack([xy / xx, (oo * xy - xo * oy) / det])
    fitted = amplitude[:, :, None] * x + floor[:, :, None] * one
    parameters = np.array([[1.0], [2.0]])
    squares = NOISE_DOF * data.noise**2 + data.scatter + ((y - fitted) ** 2).sum(2)
    dof = np.broadcast_to(NOISE_DOF + data.scatter_dof + len(y) - parameters, squares.shape)
    floor_unit = np.stack([zero, xx / det])
    evidence = special.gammaln(dof / 2) - dof / 2 * np.log(squares / 2) + parameters / 2 * np.log(2 * np.pi)
    evidence = evidence + log_prior - 0.5 * np.log(np.stack([xx, det]))
    scale = np.sqrt(floor_unit[1] * squares[1] / dof[1])
    inside = _t_mass((0.0 - floor[1]) / scale, (top - floor[1]) / scale, dof[1])
    evidence[1] += np.log(np.maximum(inside, 1e-300)) - np.log(top)
    return (
        evidence,
        amplitude,
        floor,
        np.stack([1 / xx, oo / det]),
        floor_unit,
        np.stack([zero, -xo / det]),
        squares,
        dof,
    )


def _linear_draws(
    parts: _Components, index: tuple[NDArray[np.int64], ...], chance: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Draw floor (Student t, cut to its prior's range), then variance given floor, then amplitude given both."""
    size = len(index[0])
    u_floor, u_variance, u_amplitude = chance.random(size), chance.random(size), chance.random(size)
    squares, dof = parts.squares[index], parts.dof[index]
    free = index[0] == 1
    unit = np.where(free, parts.floor_unit[index], 1.0)
    scale = np.sqrt(unit * squares / dof)
    centre = parts.floor[index]
    floor = centre + scale * _t_between(-centre / scale, (parts.floor_top - centre) / scale, dof, u_floor)
    floor = np.where(free, np.clip(floor, 0.0, parts.floor_top), 0.0)
    squares = squares + np.where(free, (floor - centre) ** 2 / unit, 0.0)
    variance = squares / 2 / special.gammaincinv((dof + free) / 2, np.clip(u_variance, 1e-12, 1 - 1e-12))
    slope = parts.cross_unit[index] / unit
    amplitude_unit = parts.amplitude_unit[index] - np.where(free, slope * parts.cross_unit[index], 0.0)
    amplitude = parts.amplitude[index] + np.where(free, slope * (floor - centre), 0.0)
    amplitude = amplitude + np.sqrt(variance * np.maximum(amplitude_unit, 0.0)) * special.ndtri(u_amplitude)
    return floor, variance, amplitude


def _t_mass(low: Array, high: Array, dof: Array) -> Array:
    """P(low < T < high) of Student's t, taken on the side where the tails do not cancel."""
    flip = low > 0
    return np.asarray(special.stdtr(dof, np.where(flip, -low, high)) - special.stdtr(dof, np.where(flip, -high, low)))


def _t_between(low: Array, high: Array, dof: Array, u: Array) -> Array:
    """Give the u-quantile of Student's t cut to (low, high)."""
    flip = low > 0
    start, end = special.stdtr(dof, np.where(flip, -high, low)), special.stdtr(dof, np.where(flip, -low, high))
    z = special.stdtrit(dof, np.clip(start + (end - start) * np.where(flip, 1 - u, u), 1e-290, 1 - 1e-16))
    return np.asarray(np.where(flip, -z, z))


def _mass(mean: Array, sd: Array, top: float) -> Array:
    """Give what each draw's Gaussian has between zero and the top, `(k, d)`."""
    return np.asarray(special.ndtr(mean / sd) - special.ndtr((mean - top) / sd))


def _cdf(loss: Array, mean: Array, sd: Array, top: float) -> Array:
    """Mean over draws of the Gaussian cdf cut off at zero and top: loss `(k, j)`, mean and sd `(k, d)` -> `(k, j)`."""
    above = special.ndtr((mean[:, None, :] - loss[:, :, None]) / sd[:, None, :])
    weight = 1 / _mass(mean, sd, top) / mean.shape[1]
    over = np.sum(special.ndtr((mean - top) / sd) * weight, axis=1)[:, None]
    inside = 1.0 - np.einsum("kjd,kd->kj", above, weight) + over
    return np.asarray(np.where(loss >= top, 1.0, inside * (loss > 0)))


def _density(loss: Array, mean: Array, sd: Array, top: float) -> Array:
    """Derivative of `_cdf` by the loss, same shapes."""
    z = (loss[:, :, None] - mean[:, None, :]) / sd[:, None, :]
    weight = 1 / _mass(mean, sd, top) / sd / mean.shape[1] / np.sqrt(2 * np.pi)
    return np.asarray(np.einsum("kjd,kd->kj", np.exp(-0.5 * z**2), weight))
