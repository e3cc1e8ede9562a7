"""Do two models fall with the same exponent? Posteriors, a Bayes factor, and the differences of each pair.

Each curve is the power law with a floor, solved on a grid of exponents (`power_profile`), with a noise of its own that is
integrated out; nothing is sampled. All of it holds as far as the law does: a curve that bends has no one exponent.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kleiber.answers.compare.equal_exponents import ExponentTest, equal_exponents, least_detectable
from kleiber.curves.curve import Sizes
from kleiber.errors import KleiberError
from kleiber.fitting.power_profile import EXPONENTS, STEP, Profile, Study, profile
from kleiber.forecasting.forecast import Interval
from kleiber.forecasting.observations import SHARED
from kleiber.forecasting.posterior import weighted_quantile

Array = NDArray[np.float64]

PRIOR = (np.log(0.3), 0.8)  # mean and standard deviation of ln b
PRIOR_NOISE, PRIOR_DOF = 0.02, 1.0  # relative standard deviation of a size's mean before anything is seen, and its weight
POOLING = 0.05  # scale of the half-normal prior of the spread of exponents over models
SPREADS = POOLING * special.ndtri(0.5 + (np.arange(5) + 0.5) / 10)  # its quantiles at the middles of five equal parts
MEANS = EXPONENTS[::2]  # of the exponents of all models; finer than the least spread
DIFFER = 0.02
FEWEST = 4  # sizes: one more than a curve's parameters
CENTRAL = np.array([0.05, 0.5, 0.95])
NEGLIGIBLE = 1e-6  # exponents and means of less weight, relative to the largest, are left out of the pooling


@dataclass(frozen=True, slots=True)
class ExponentPair:
    """Exponent of `first` minus that of `second` under partial pooling, and P(it is more than `differ` either way).

    `detectable` is the least difference that a test of size 5 % finds in 80 % of such studies, by the delta method; inf
    where the grid has none.
    """

    first: str
    second: str
    difference: Interval
    differ: float
    probability: float
    detectable: float


@dataclass(frozen=True, slots=True)
class Exponents:
    """Exponents of K models: `separate` and `pooled` posteriors `(K,)`, the evidence for a common one, the pairs.

    `bayes_factor` is the evidence of one exponent for all over that of an exponent each, with the same prior; `narrow` and
    `wide` are with half and twice the prior's spread of ln b.
    """

    models: tuple[str, ...]
    sizes: tuple[int, ...]
    separate: tuple[Interval, ...]
    pooled: tuple[Interval, ...]
    bayes_factor: float
    bayes_factor_narrow: float
    bayes_factor_wide: float
    test: ExponentTest
    pairs: tuple[ExponentPair, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; a detectable difference that is not on the grid is None."""
        found = asdict(self)
        for pair in found["pairs"]:
            pair["detectable"] = pair["detectable"] if np.isfinite(pair["detectable"]) else None
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def exponents(measured: Mapping[str, Sizes], *, differ: float = DIFFER, random_state: int = 0) -> Exponents:
    """Compare the exponents of two or more models, each of four sizes or more with positive means.

    Raises `KleiberError` that names the model with fewer, and where there is one model alone.
    """
    names = tuple(measured)
    if len(names) < 2:
        raise KleiberError(f"exponents are compared between two models or more, and there is {len(names)}: give another")
    for name, one in measured.items():
        if len(one.n) < FEWEST or not np.all(one.mean > 0):
            raise KleiberError(
                f"model {name!r}: an exponent and a floor take {FEWEST} sizes with positive losses, there are "
                f"{np.count_nonzero(one.mean > 0)}: measure it at more sizes, or leave it out"
            )
    studies = [Study(one.n, one.mean[None], SHARED + (1.0 - SHARED) / one.count) for one in measured.values()]
    profiles = [profile(study) for study in studies]
    evidence = np.stack([log_evidence(study, found) for study, found in zip(studies, profiles, strict=True)])
    pooled, gaps = _pool(evidence)
    least = least_detectable(studies, profiles)
    return Exponents(
        models=names,
        sizes=tuple(len(study.n) for study in studies),
        separate=tuple(_interval(EXPONENTS, _normalised(row + _log_prior())) for row in evidence),
        pooled=tuple(_interval(EXPONENTS, row) for row in pooled),
        bayes_factor=bayes_factor(evidence),
        bayes_factor_narrow=bayes_factor(evidence, PRIOR[1] / 2.0),
        bayes_factor_wide=bayes_factor(evidence, PRIOR[1] * 2.0),
        test=equal_exponents(studies, random_state),
        pairs=tuple(_pair((names[i], names[j]), mass, float(differ), float(least[i, j])) for (i, j), mass in gaps.items()),
    )


def log_evidence(study: Study, found: Profile) -> Array:
    """Give the log marginal likelihood of each exponent for the first study, `(G,)`, up to a constant.

    It is Student's (Zellner 1971, An Introduction to Bayesian Inference in Econometrics, section 3.1), of floors between 0
    and the lowest loss: |X'WX|^-1/2 (nu s^2 + squares)^(-(nu + m - 2)/2) P(0 <= c <= lowest).
    """
    dof = PRIOR_DOF + len(study.n) - 2
    scale = PRIOR_DOF * PRIOR_NOISE**2 + found.squares[0]
    sd, lowest = np.sqrt(scale / dof * found.var_c[0]), study.y[0].min()
    inside = special.stdtr(dof, (lowest - found.c[0]) / sd) - special.stdtr(dof, -found.c[0] / sd)
    return np.asarray(-0.5 * np.log(found.determinant[0]) - 0.5 * dof * np.log(scale) + np.log(np.maximum(inside, 1e-300)))


def bayes_factor(evidence: Array, spread: float = PRIOR[1]) -> float:
    """Give the evidence of one exponent for K models over that of one each, from log evidence `(K, G)`.

    `spread` is the prior standard deviation of ln b.
    """
    prior = _log_prior(spread)
    common, each = special.logsumexp(prior + evidence.sum(axis=0)), special.logsumexp(prior + evidence, axis=1).sum()
    return float(np.exp(common - each))


def _pool(evidence: Array) -> tuple[Array, dict[tuple[int, int], Array]]:
    """Give posteriors of the exponents `(K, G)` and of each pair's difference `(2 G,)`, b_k ~ N(mu, tau^2), both integrated
    out.
    """
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    keep = [np.flatnonzero(row > NEGLIGIBLE) for row in likelihood]
    spread, mean = (place.ravel() for place in np.indices((len(SPREADS), len(MEANS))))
    mass = [np.maximum(_near(spread, mean, k) @ row[k], 1e-300) for k, row in zip(keep, likelihood, strict=True)]
    weight = _normalised(np.tile(_log_prior()[::2], len(SPREADS)) + np.sum(np.log(mass), axis=0))
    matter = weight > NEGLIGIBLE * weight.max()
    spread, mean, root = spread[matter], mean[matter], np.sqrt(weight[matter])[:, None]
    given = [
        root * _near(spread, mean, k) * row[k] / m[matter][:, None]
        for k, row, m in zip(keep, likelihood, mass, strict=True)
    ]
    count, grid = len(keep), len(EXPONENTS)
    alone = np.zeros((count, grid))
    for i in range(count):
        alone[i, keep[i]] = (root * given[i]).sum(axis=0)
    return alone, {(i, j): _gaps(given[i].T @ given[j], keep[i], keep[j]) for i, j in combinations(range(count), 2)}


def _near(spread: NDArray[np.int64], mean: NDArray[np.int64], k: NDArray[np.int64]) -> Array:
    """Give the normal probabilities of exponents k about means with spreads, `(len(mean), len(k))`, all by their places.

    They depend on how many steps of the grid lie between exponent and mean alone.
    """
    grid = len(EXPONENTS)
    bell = np.exp(-0.5 * ((np.arange(1 - grid, grid) * STEP) / SPREADS[:, None]) ** 2)
    up_to = np.concatenate([np.zeros((len(SPREADS), 1)), np.cumsum(bell, axis=1)], axis=1)
    start = grid - 1 - 2 * mean  # where the row of a mean begins in the bell
    whole = up_to[spread, start + grid] - up_to[spread, start]
    return np.asarray(bell[spread[:, None], start[:, None] + k] / whole[:, None])


def _pair(names: tuple[str, str], mass: Array, differ: float, reach: float) -> ExponentPair:
    gap: Array = (np.arange(len(mass), dtype=np.float64) - len(EXPONENTS)) * STEP
    beyond = float(mass @ np.clip((np.abs(gap) - differ) / STEP + 0.5, 0.0, 1.0))  # a cell counts by its part beyond
    return ExponentPair(*names, _interval(gap, mass), differ, beyond, reach)


def _gaps(joint: Array, first: NDArray[np.int64], second: NDArray[np.int64]) -> Array:
    """Give the probabilities of the differences of two exponents `(2 G,)` from their joint table, by places on the grid."""
    steps = (first[:, None] - second + len(EXPONENTS)).ravel()
    mass = np.bincount(steps, joint.ravel(), 2 * len(EXPONENTS))
    return np.asarray(mass / mass.sum(), dtype=np.float64)


def _log_prior(spread: float = PRIOR[1]) -> Array:
    logs = np.log(EXPONENTS)
    return np.asarray(np.log(_normalised(-0.5 * ((logs - PRIOR[0]) / spread) ** 2 - logs)))


def _normalised(log_mass: Array) -> Array:
    return np.asarray(np.exp(log_mass - special.logsumexp(log_mass)))


def _interval(values: Array, mass: Array) -> Interval:
    low, middle, high = weighted_quantile(values, np.maximum(mass, 1e-300), CENTRAL)
    return Interval(median=float(middle), low=float(low), high=float(high))
