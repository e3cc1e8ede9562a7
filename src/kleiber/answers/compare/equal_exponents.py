"""One exponent for all models? The F-test with each model's own noise, and the least difference that it could see.

Models rarely have one noise, and a test that pools it finds too much: with one model of 12 sizes and one of 5 whose noise
is three times as large, in 21 studies of a hundred where the exponents are equal, ten times as large in 31. So each model's
squares are weighted by its own noise, as Welch (1951, Biometrika 38, p. 330) does with means: that is 4 to 9 in a hundred,
by simulated studies 2 to 7, whether noises differ or not; where they do not, it finds a difference as often.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from kleiber import seeds
from kleiber.fitting.power_profile import EXPONENTS, ROUNDING, Profile, Study, level_of, log_ratio, lowest, profile

Array = NDArray[np.float64]

RESAMPLES, PART = 999, 64
SIZE, POWER = 0.05, 0.80  # of the test, for the least difference that a study could see
SHIFTS, HALVINGS = (0.1, 60.0), 56  # between which a difference over its error lies that is seen so often, to rounding


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
    p_value = special.fdtrc(constraints, dof, f)
    noise = noise_variances(studies, profiles)[:, 0]
    best = int(np.argmin(np.sum([p.squares[0] / own for p, own in zip(profiles, noise, strict=True)], axis=0)))
    chance = seeds.generator(random_state, "exponent test")
    drawn = []
    for study, found, own in zip(studies, profiles, noise, strict=True):
        law = found.a[0, best] * np.exp(-EXPONENTS[best] * log_ratio(study.n)) + found.c[0, best]
        law = np.maximum(law, 0.1 * study.y[0].min())
        luck = np.sqrt(own * study.share) * chance.normal(size=(resamples, len(study.n)))
        drawn.append(Study(study.n, law * np.maximum(1.0 + luck, 0.05), study.share))
    as_small = np.concatenate(
        [
            special.fdtrc(constraints, of_each, simulated) <= p_value[0]
            for simulated, _, of_each in (f_statistic(some, map(profile, some)) for some in _in_parts(drawn, resamples))
        ]
    )
    return ExponentTest(
        f=float(f[0]),
        constraints=constraints,
        dof=float(dof[0]),
        p_value=float(p_value[0]),
        p_bootstrap=float((1 + np.sum(as_small)) / (resamples + 1)),
    )


def f_statistic(studies: Sequence[Study], profiles: Iterable[Profile], *, floor: bool = True) -> tuple[Array, int, Array]:
    """Give F of S studies `(S,)`, how many exponents a common one saves, and F's degrees of freedom `(S,)`.

    F is the least over a common exponent b of the sum of (S_k(b) - S_k) / s_k^2, S_k the least squares of model k and s_k^2
    its noise, over the exponents saved, and over Welch's 1 + 2 (K - 2) / (K^2 - 1) L; it has (K^2 - 1) / (3 L) degrees of
    freedom. L is the sum of (1 - w_k / w)^2 / nu_k, w_k one over the variance of b_k and nu_k its degrees of freedom.
    """
    models, saved = len(studies), len(studies) - 1
    own, together, weights = np.zeros(1), np.zeros((1, 1)), []
    for study, found in zip(studies, profiles, strict=True):
        noise = _noise_variance(study, found, floor)
        own = own + lowest(found.squares) / noise
        together = together + found.squares / noise[:, None]
        weights.append(1.0 / (noise * exponent_variance(study, found, floor=floor)))
    lack = _lack(np.stack(weights), np.array([_dof(study, floor) for study in studies])[:, None])
    f = np.maximum(lowest(together) - own, 0.0) / saved / (1.0 + 2.0 * (models - 2) / (models**2 - 1) * lack)
    return f, saved, (models**2 - 1) / (3.0 * lack)


def noise_variances(studies: Sequence[Study], profiles: Sequence[Profile], *, floor: bool = True) -> Array:
    """Give the relative noise variance of one run of each model in each study, `(K, S)`."""
    return np.stack([_noise_variance(study, found, floor) for study, found in zip(studies, profiles, strict=True)])


def exponent_variance(study: Study, found: Profile, *, floor: bool = True) -> Array:
    """Give the variance of b over that of the noise, by the delta method at the best fit of each study, `(S,)`."""
    best, logs = found.best(), log_ratio(study.n)
    x = np.exp(-EXPONENTS[best.place][:, None] * logs)
    columns = [-best.a[:, None] * x * logs, x] + ([np.ones_like(x)] if floor else [])
    design = np.stack(columns, axis=2) / (level_of(study, found) * np.sqrt(study.share))[:, :, None]
    return np.asarray(np.maximum(np.linalg.pinv(design.swapaxes(1, 2) @ design)[:, 0, 0], ROUNDING))


def least_detectable(studies: Sequence[Study], profiles: Sequence[Profile]) -> Array:
    """Give the least difference of exponents that the test would find in most such studies of two models, `(K, K)`."""
    spread = np.array([exponent_variance(s, p)[0] for s, p in zip(studies, profiles, strict=True)])
    error = np.sqrt(noise_variances(studies, profiles)[:, 0] * spread)
    first, second = np.triu_indices(len(studies), 1)
    dof = np.array([_dof(study, True) for study in studies])
    lack = _lack(1.0 / error[[first, second]] ** 2, dof[[first, second]])
    least = np.full((len(studies), len(studies)), np.inf)
    least[first, second] = least[second, first] = detectable(error[first], error[second], 1.0 / lack)
    return least


def detectable(first_error: ArrayLike, second_error: ArrayLike, dof: ArrayLike) -> Array:
    """Give differences of two exponents that a test of size `SIZE` finds with probability `POWER`; inf off the grid.

    The power at noncentrality s^2 is that of the F-distribution with 1 and `dof` degrees of freedom; s is found by
    halving, for all pairs at once.
    """
    critical = special.fdtri(1, dof, 1.0 - SIZE)
    low, high = np.full(np.shape(dof), SHIFTS[0]), np.full(np.shape(dof), SHIFTS[1])
    for _ in range(HALVINGS):
        shift = 0.5 * (low + high)
        weak = special.ncfdtr(1, dof, shift**2, critical) > 1.0 - POWER
        low, high = np.where(weak, shift, low), np.where(weak, high, shift)
    least = high * np.hypot(first_error, second_error)
    return np.asarray(np.where((least > 0) & (least <= EXPONENTS[-1] - EXPONENTS[0]), least, np.inf))


def _in_parts(studies: Sequence[Study], count: int) -> Iterator[list[Study]]:
    """Give studies a part at a time: what a part takes on the grid fits a cache."""
    for start in range(0, count, PART):
        yield [Study(study.n, study.y[start : start + PART], study.share) for study in studies]


def _noise_variance(study: Study, found: Profile, floor: bool) -> Array:
    return np.asarray(np.maximum(lowest(found.squares), ROUNDING * len(study.n)) / _dof(study, floor))


def _lack(weights: Array, dof: Array) -> Array:
    """Give Welch's sum over models of (1 - w_k / w)^2 / nu_k, weights `(K, S)` and degrees of freedom that broadcast."""
    return np.asarray(np.sum((1.0 - weights / weights.sum(axis=0)) ** 2 / dof, axis=0))


def _dof(study: Study, floor: bool) -> int:
    return len(study.n) - (3 if floor else 2)
