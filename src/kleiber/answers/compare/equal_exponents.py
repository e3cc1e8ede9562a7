"""One exponent for all models? The F-test with each model's own noise, and the least difference that it could see.

Models rarely have one noise, and a test that pools it finds too much: with one model of 12 sizes and one of 5 whose noise
is three times as large, in 21 studies of a hundred where the exponents are equal, ten times as large in 31. So each model's
squares are weighted by its own noise, as Welch (1951, Biometrika 38, p. 330) does with means: that is 4 to 9 in a hundred,
by simulated studies 2 to 7, whether noises differ or not; where they do not, it finds a difference as often.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from kleiber import seeds
from kleiber.fitting.power_profile import EXPONENTS, ROUNDING, Profile, Study, level_of, log_ratio, lowest, profile

Array = NDArray[np.float64]

RESAMPLES = 999
SIZE, POWER = 0.05, 0.80  # of the test, for the least difference that a study could see


@dataclass(frozen=True, slots=True)
class ExponentTest:
    """The F-test of one exponent for all models, floors free: `f` on `constraints` and `dof` degrees of freedom.

    Squares are weighted by each model's own noise, so `dof` is what Welch's approximation leaves. `p_value` is that of the
    F-distribution, `p_bootstrap` that of simulated studies with one exponent and these noises, which needs no large sample.
    """

    f: float
    constraints: int
    dof: float
    p_value: float
    p_bootstrap: float


def equal_exponents(studies: Sequence[Study], random_state: int = 0, *, resamples: int = RESAMPLES) -> ExponentTest:
    """Test one exponent for all models against one each: the first study of each model."""
    profiles = [profile(study) for study in studies]
    f, constraints, dof = f_statistic(studies, profiles)
    p_value = stats.f.sf(f, constraints, dof)
    noise = noise_variances(studies, profiles)[:, 0]
    best = int(np.argmin(np.sum([p.squares[0] / own for p, own in zip(profiles, noise, strict=True)], axis=0)))
    chance = seeds.generator(random_state, "exponent test")
    drawn = []
    for study, found, own in zip(studies, profiles, noise, strict=True):
        law = found.a[0, best] * np.exp(-EXPONENTS[best] * log_ratio(study.n)) + found.c[0, best]
        law = np.maximum(law, 0.1 * study.y[0].min())
        luck = np.sqrt(own * study.share) * chance.normal(size=(resamples, len(study.n)))
        drawn.append(Study(study.n, law * np.maximum(1.0 + luck, 0.05), study.share))
    simulated, _, of_each = f_statistic(drawn, [profile(study) for study in drawn])
    as_small = stats.f.sf(simulated, constraints, of_each) <= p_value[0]
    return ExponentTest(
        f=float(f[0]),
        constraints=constraints,
        dof=float(dof[0]),
        p_value=float(p_value[0]),
        p_bootstrap=float((1 + np.sum(as_small)) / (resamples + 1)),
    )


def f_statistic(studies: Sequence[Study], profiles: Sequence[Profile], *, floor: bool = True) -> tuple[Array, int, Array]:
    """Give F of S studies `(S,)`, how many exponents a common one saves, and F's degrees of freedom `(S,)`.

    F is the least over a common exponent b of the sum of (S_k(b) - S_k) / s_k^2, S_k the least squares of model k and s_k^2
    its noise, over the exponents saved, and over Welch's 1 + 2 (K - 2) / (K^2 - 1) L; it has (K^2 - 1) / (3 L) degrees of
    freedom. L is the sum of (1 - w_k / w)^2 / nu_k, w_k one over the variance of b_k and nu_k its degrees of freedom.
    """
    noise, saved = noise_variances(studies, profiles, floor=floor), len(studies) - 1
    own = np.sum([lowest(p.squares) / v for p, v in zip(profiles, noise, strict=True)], axis=0)
    common = lowest(reduce(np.add, [p.squares / v[:, None] for p, v in zip(profiles, noise, strict=True)]))
    spread = np.stack([exponent_variance(s, p, floor=floor) for s, p in zip(studies, profiles, strict=True)])
    weight = 1.0 / (noise * spread)
    dof = np.array([_dof(study, floor) for study in studies])[:, None]
    lack = np.sum((1.0 - weight / weight.sum(axis=0)) ** 2 / dof, axis=0)
    models = len(studies)
    f = np.maximum(common - own, 0.0) / saved / (1.0 + 2.0 * (models - 2) / (models**2 - 1) * lack)
    return f, saved, (models**2 - 1) / (3.0 * lack)


def noise_variances(studies: Sequence[Study], profiles: Sequence[Profile], *, floor: bool = True) -> Array:
    """Give the relative noise variance of one run of each model in each study, `(K, S)`."""
    return np.stack(
        [
            np.maximum(lowest(found.squares), ROUNDING * len(study.n)) / _dof(study, floor)
            for study, found in zip(studies, profiles, strict=True)
        ]
    )


def exponent_variance(study: Study, found: Profile, *, floor: bool = True) -> Array:
    """Give the variance of b over that of the noise, by the delta method at the best fit of each study, `(S,)`."""
    best, row = np.argmin(found.squares, axis=1), np.arange(len(found.squares))
    logs = log_ratio(study.n)
    x = np.exp(-EXPONENTS[best][:, None] * logs)
    columns = [-found.a[row, best][:, None] * x * logs, x] + ([np.ones_like(x)] if floor else [])
    design = np.stack(columns, axis=2) / (level_of(study, found) * np.sqrt(study.share))[:, :, None]
    return np.asarray(np.maximum(np.linalg.pinv(design.swapaxes(1, 2) @ design)[:, 0, 0], ROUNDING))


def least_detectable(studies: Sequence[Study], profiles: Sequence[Profile]) -> float:
    """Give the least difference of the exponents of two models that the test would find in most such studies."""
    noise = noise_variances(studies, profiles)[:, 0]
    spread = np.array([exponent_variance(s, p)[0] for s, p in zip(studies, profiles, strict=True)])
    errors = np.sqrt(noise * spread)
    return detectable(float(errors[0]), float(errors[1]), float(f_statistic(studies, profiles)[2][0]))


def detectable(first_error: float, second_error: float, dof: float) -> float:
    """Give the difference of two exponents that a test of size `SIZE` finds with probability `POWER`; inf off the grid."""
    critical = stats.f.isf(SIZE, 1, dof)
    shift = optimize.brentq(lambda s: stats.ncf.sf(critical, 1, dof, s**2) - POWER, 0.1, 60.0)
    least = float(shift * np.hypot(first_error, second_error))
    return least if 0 < least <= EXPONENTS[-1] - EXPONENTS[0] else float("inf")


def _dof(study: Study, floor: bool) -> int:
    return len(study.n) - (3 if floor else 2)
