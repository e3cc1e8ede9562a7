"""Do two models fall with the same exponent? The exponents of their forecasts, their differences, and the evidence.

A model has one exponent, that of its forecast, all laws together; a difference is that of two of them. Whether they differ
at all is asked of the power law with a floor, solved on a grid of exponents (`power_profile`), with a noise of its own that
is integrated out; nothing is sampled. That holds as far as the law does: a curve that bends has no one exponent.
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
from kleiber.fitting.power_profile import EXPONENTS, Profile, Study, profile
from kleiber.forecasting.forecast import Forecast, Interval
from kleiber.forecasting.shared import share_of

Array = NDArray[np.float64]

PRIOR = (np.log(0.3), 0.8)  # mean and standard deviation of ln b
PRIOR_NOISE, PRIOR_DOF = 0.02, 1.0  # relative standard deviation of a size's mean before anything is seen, and its weight
DIFFER = 0.02
FEWEST = 4  # sizes: one more than a curve's parameters
CENTRAL = np.array([0.05, 0.5, 0.95])
EVEN = (np.arange(64) + 0.5) / 64  # levels of the quantiles that stand for a distribution in a difference


@dataclass(frozen=True, slots=True)
class ExponentPair:
    """Exponent of `first` minus that of `second`, and P(they are more than `differ` apart).

    The `difference` has the difference of the two medians, and the interval of independent exponents. For `probability`
    they are one exponent or one each, with even chances before the evidence. `detectable` is the least difference that a
    test of size 5 % finds in 80 % of such studies, by the delta method; inf where the grid has none.
    """

    first: str
    second: str
    difference: Interval
    differ: float
    probability: float
    detectable: float


@dataclass(frozen=True, slots=True)
class Exponents:
    """Exponents of K models: `separate (K,)`, those of their forecasts; the evidence for a common one; the pairs.

    `bayes_factor` is the evidence of one exponent for all over that of an exponent each, with the same prior; `narrow` and
    `wide` are with half and twice the prior's spread of ln b.
    """

    models: tuple[str, ...]
    sizes: tuple[int, ...]
    separate: tuple[Interval, ...]
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


def exponents(forecasts: Mapping[str, Forecast], *, differ: float = DIFFER, random_state: int = 0) -> Exponents:
    """Compare the exponents of two or more models by their forecasts, each of four sizes or more.

    Raises `KleiberError` that names the model with fewer, and where there is one model alone.
    """
    names = tuple(forecasts)
    if len(names) < 2:
        raise KleiberError(f"exponents are compared between two models or more, and there is {len(names)}: give another")
    measured: list[Sizes] = []
    for name, fc in forecasts.items():
        if fc.status == "refused" or fc.measured is None or len(fc.measured.n) < FEWEST:
            count = 0 if fc.measured is None else len(fc.measured.n)
            raise KleiberError(
                f"model {name!r}: an exponent and a floor need {FEWEST} sizes that can be forecast, and it has {count}. "
                f"Measure it at more sizes, or leave it out"
            )
        measured.append(fc.measured)
    studies = [Study(one.n, one.mean[None], share_of(one)) for one in measured]
    profiles = [profile(study) for study in studies]
    evidence = np.stack([log_evidence(study, found) for study, found in zip(studies, profiles, strict=True)])
    least = least_detectable(studies, profiles)
    return Exponents(
        models=names,
        sizes=tuple(len(study.n) for study in studies),
        separate=tuple(fc.exponent for fc in forecasts.values()),
        bayes_factor=bayes_factor(evidence),
        bayes_factor_narrow=bayes_factor(evidence, PRIOR[1] / 2.0),
        bayes_factor_wide=bayes_factor(evidence, PRIOR[1] * 2.0),
        test=equal_exponents(studies, random_state),
        pairs=tuple(
            _pair(forecasts, (names[i], names[j]), bayes_factor(evidence[[i, j]]), float(differ), float(least[i, j]))
            for i, j in combinations(range(len(names)), 2)
        ),
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


def _pair(
    forecasts: Mapping[str, Forecast], names: tuple[str, str], factor: float, differ: float, least: float
) -> ExponentPair:
    """Compare two models whose evidence for one exponent over one each is `factor`."""
    one, other = (forecasts[name] for name in names)
    gaps = np.sort(np.subtract.outer(one.exponents.quantile(EVEN), other.exponents.quantile(EVEN)), axis=None)
    low, _, high = np.interp(CENTRAL, (np.arange(len(gaps)) + 0.5) / len(gaps), gaps)
    middle = one.exponent.median - other.exponent.median
    found = Interval(middle, float(min(low, middle)), float(max(high, middle)))
    apart = float(np.mean(np.abs(gaps) > differ)) / (1.0 + factor)
    return ExponentPair(*names, found, differ, apart, least)


def _log_prior(spread: float = PRIOR[1]) -> Array:
    logs = np.log(EXPONENTS)
    return np.asarray(np.log(_normalised(-0.5 * ((logs - PRIOR[0]) / spread) ** 2 - logs)))


def _normalised(log_mass: Array) -> Array:
    return np.asarray(np.exp(log_mass - special.logsumexp(log_mass)))
