"""Do two models fall with the same exponent? Posterior, Bayes factor, F-test, and the least difference a study could see.

Each curve is the power law with a floor, y = A (n / n_r)^-b + c with n_r its geometric mean size. Given b it is linear in A
and c, so all is solved on a grid of b, and nothing is sampled but the bootstrap of the test. A size's mean is one
observation, with relative noise: what the runs of a size have in common, misfit included, counts as noise. All of it holds
as far as the law does: a curve that bends has no one exponent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, reduce
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from kleiber import seeds
from kleiber.curve import Sizes
from kleiber.errors import KleiberError
from kleiber.forecast import Interval
from kleiber.observations import SHARED
from kleiber.posterior import weighted_quantile

Array = NDArray[np.float64]

STEP = 0.002
EXPONENTS: Array = np.arange(10, 751, dtype=np.float64) * STEP  # 0.02 to 1.5
PRIOR = (np.log(0.3), 0.8)  # mean and standard deviation of ln b
PRIOR_NOISE, PRIOR_DOF = 0.02, 1.0  # relative standard deviation of a size's mean before anything is seen, and its weight
POOLING = 0.05  # scale of the half-normal prior of the spread of exponents over models
SPREADS = POOLING * special.ndtri(0.5 + (np.arange(5) + 0.5) / 10)  # its quantiles at the middles of five equal parts
MEANS = EXPONENTS[::2]  # of the exponents of all models; finer than the least spread
DIFFER = 0.02
FEWEST = 4  # sizes: one more than a curve's parameters
RESAMPLES = 999
SIZE, POWER = 0.05, 0.80  # of the test, for the least difference that a study could see
CENTRAL = np.array([0.05, 0.5, 0.95])
NEGLIGIBLE = 1e-6  # exponents and means of less weight, relative to the largest, are left out of the pooling
ROUNDING = 1e-12  # least weighted sum of squares, relative to that of the losses


@dataclass(frozen=True, slots=True)
class ExponentTest:
    """The F-test of one exponent for all models, floors free: `f` on 1 or more and `dof` degrees of freedom.

    `p_value` is that of the F-distribution, `p_bootstrap` that of simulated studies with one exponent, which needs no large
    sample.
    """

    f: float
    constraints: int
    dof: int
    p_value: float
    p_bootstrap: float


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

    `bayes_factor` is the evidence of one exponent for all over that of an exponent each, with the same prior.
    """

    models: tuple[str, ...]
    sizes: tuple[int, ...]
    separate: tuple[Interval, ...]
    pooled: tuple[Interval, ...]
    bayes_factor: float
    test: ExponentTest
    pairs: tuple[ExponentPair, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data; a detectable difference that is not on the grid is None."""
        found = asdict(self)
        for pair in found["pairs"]:
            pair["detectable"] = pair["detectable"] if np.isfinite(pair["detectable"]) else None
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One model in S studies: sizes `n (m,)`, losses `y (S, m)`, each size's `share (m,)` of one run's noise variance."""

    n: Array
    y: Array
    share: Array


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """What each exponent of the grid makes of S studies, all `(S, G)`.

    `squares` are weighted sums of squares of relative residuals, `a` and `c` the law's amplitude at n_r and its floor,
    `var_c` the floor's variance over that of the noise, `determinant` that of X'WX.
    """

    squares: Array
    a: Array
    c: Array
    var_c: Array
    determinant: Array


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
    pooled, joint = _pool(evidence)
    errors = standard_errors(studies, profiles)
    dof = sum(len(study.n) - 3 for study in studies)
    pairs = [
        _pair((names[i], names[j]), table, float(differ), detectable(float(errors[i]), float(errors[j]), dof))
        for (i, j), table in joint.items()
    ]
    return Exponents(
        models=names,
        sizes=tuple(len(study.n) for study in studies),
        separate=tuple(_interval(EXPONENTS, _normalised(row + _log_prior())) for row in evidence),
        pooled=tuple(_interval(EXPONENTS, row) for row in pooled),
        bayes_factor=bayes_factor(evidence),
        test=test_common(studies, random_state),
        pairs=tuple(pairs),
    )


def profile(study: Study, *, floor: bool = True) -> Profile:
    """Solve amplitude and floor for each exponent of the grid by weighted least squares; without `floor` c is 0.

    Weights are 1 over the squared loss of a first fit: the losses themselves would draw it to those that came out low.
    """
    first = _solve(study, 1.0 / (study.share * study.y**2), floor)
    level = _level(study, first)
    return _solve(study, 1.0 / (study.share * level**2), floor)


def _level(study: Study, found: Profile) -> Array:
    """Give the law at the exponent of the least squares, `(S, m)`; at least a tenth of the lowest loss."""
    best = np.argmin(found.squares, axis=1)
    row = np.arange(len(best))
    x = np.exp(-EXPONENTS[best][:, None] * _log_ratio(study.n))
    level = found.a[row, best][:, None] * x + found.c[row, best][:, None]
    return np.asarray(np.maximum(level, 0.1 * study.y.min(axis=1, keepdims=True)))


def _solve(study: Study, weight: Array, floor: bool) -> Profile:
    x = np.exp(-EXPONENTS[:, None] * _log_ratio(study.n))  # (G, m)
    wy = weight * study.y
    total = np.sum(wy * study.y, axis=1, keepdims=True)
    sxx, sxy = weight @ (x**2).T, wy @ x.T
    if floor:
        sw, sx, sy = weight.sum(axis=1, keepdims=True), weight @ x.T, wy.sum(axis=1, keepdims=True)
        cxx, cxy, cyy = sxx - sx**2 / sw, sxy - sx * sy / sw, total - sy**2 / sw
        a, determinant = cxy / cxx, cxx * sw
        c = (sy - a * sx) / sw
        var_c = sxx / determinant
    else:
        cxy, cyy, a, determinant = sxy, total, sxy / sxx, sxx
        c, var_c = np.zeros_like(a), np.full_like(a, ROUNDING)
    return Profile(np.maximum(cyy - a * cxy, ROUNDING * total), a, c, var_c, determinant)


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


def _log_ratio(n: Array) -> Array:
    log_n = np.log(n)
    return np.asarray(log_n - log_n.mean())


def test_common(studies: Sequence[Study], random_state: int = 0, *, resamples: int = RESAMPLES) -> ExponentTest:
    """Test one exponent for all models against one each: the first study of each model."""
    profiles = [profile(study) for study in studies]
    f, constraints, dof = f_statistic(studies, profiles)
    chance = seeds.generator(random_state, "exponent test")
    squares = np.sum([p.squares[0] for p in profiles], axis=0)
    best = int(np.argmin(squares))
    noise = np.sqrt(squares[best] / (dof + constraints))
    drawn = []
    for study, found in zip(studies, profiles, strict=True):
        law = found.a[0, best] * np.exp(-EXPONENTS[best] * _log_ratio(study.n)) + found.c[0, best]
        law = np.maximum(law, 0.1 * study.y[0].min())
        luck = noise * np.sqrt(study.share) * chance.normal(size=(resamples, len(study.n)))
        drawn.append(Study(study.n, law * np.maximum(1.0 + luck, 0.05), study.share))
    simulated = f_statistic(drawn, [profile(study) for study in drawn])[0]
    return ExponentTest(
        f=float(f[0]),
        constraints=constraints,
        dof=dof,
        p_value=float(stats.f.sf(f[0], constraints, dof)),
        p_bootstrap=float((1 + np.sum(simulated >= f[0])) / (resamples + 1)),
    )


test_common.__test__ = False  # type: ignore[attr-defined]  # not one of pytest's


def f_statistic(studies: Sequence[Study], profiles: Sequence[Profile], *, floor: bool = True) -> tuple[Array, int, int]:
    """Give F of S studies `(S,)` with its degrees of freedom: [(S0 - S1) / (p1 - p0)] / [S1 / (N - p1)].

    S0 is the least over a common exponent of the sum of squares of all models, S1 the sum of their own least ones.
    """
    own = np.sum([_lowest(p.squares) for p in profiles], axis=0)
    common = _lowest(reduce(np.add, [p.squares for p in profiles]))
    constraints = len(studies) - 1
    dof = sum(len(study.n) - (3 if floor else 2) for study in studies)
    return np.maximum(common - own, 0.0) / constraints / (own / dof), constraints, dof


def _lowest(values: Array) -> Array:
    """Give the least of each row `(S, G)`, by a parabola through the lowest point and its neighbours."""
    at = np.clip(np.argmin(values, axis=1), 1, values.shape[1] - 2)
    row = np.arange(len(at))
    before, middle, after = values[row, at - 1], values[row, at], values[row, at + 1]
    bend, slope = before - 2.0 * middle + after, 0.5 * (after - before)
    with np.errstate(divide="ignore", invalid="ignore"):
        lowered = np.where(bend > 0, middle - slope**2 / (2.0 * bend), middle)
    inside = (middle <= before) & (middle <= after)
    least = np.minimum(np.minimum(before, middle), after)
    return np.asarray(np.where(inside, np.maximum(lowered, 0.0), least))


def standard_errors(studies: Sequence[Study], profiles: Sequence[Profile]) -> Array:
    """Give each model's standard error of b, floor free, by the delta method at the best fits, noise in common, `(K,)`."""
    dof = sum(len(study.n) - 3 for study in studies)
    noise = sum(float(_lowest(p.squares)[0]) for p in profiles) / dof
    found = []
    for study, fit in zip(studies, profiles, strict=True):
        best = int(np.argmin(fit.squares[0]))
        log_ratio, level = _log_ratio(study.n), _level(study, fit)[0]
        x = np.exp(-EXPONENTS[best] * log_ratio)
        columns = np.stack([x, np.ones_like(x), -fit.a[0, best] * x * log_ratio], axis=1)
        columns = columns / (level * np.sqrt(study.share))[:, None]
        found.append(np.sqrt(noise * np.linalg.pinv(columns.T @ columns)[2, 2]))
    return np.array(found)


def detectable(first_error: float, second_error: float, dof: int) -> float:
    """Give the difference of two exponents that a test of size `SIZE` finds with probability `POWER`; inf off the grid."""
    critical = stats.f.isf(SIZE, 1, dof)
    shift = optimize.brentq(lambda s: stats.ncf.sf(critical, 1, dof, s**2) - POWER, 0.1, 60.0)
    least = float(shift * np.hypot(first_error, second_error))
    return least if 0 < least <= EXPONENTS[-1] - EXPONENTS[0] else float("inf")


def bayes_factor(evidence: Array) -> float:
    """Give the evidence of one exponent for K models over that of one each, from log evidence `(K, G)`."""
    prior = _log_prior()
    return float(
        np.exp(special.logsumexp(prior + evidence.sum(axis=0)) - special.logsumexp(prior + evidence, axis=1).sum())
    )


def _pool(evidence: Array) -> tuple[Array, dict[tuple[int, int], Array]]:
    """Give posteriors of the exponents `(K, G)` and of each pair `(G, G)` with b_k ~ N(mu, tau^2), both integrated out."""
    likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    keep = [np.flatnonzero(row > NEGLIGIBLE) for row in likelihood]
    near = _near()  # (tau, mu, b)
    each = [near[:, :, k] * row[k] for k, row in zip(keep, likelihood, strict=True)]
    mass = [np.maximum(e.sum(axis=2), 1e-300) for e in each]
    weight = _normalised(_log_prior()[::2] + np.sum(np.log(mass), axis=0))
    matter = weight > NEGLIGIBLE * weight.max()
    root = np.sqrt(weight[matter])[:, None]
    given = [root * e[matter] / m[matter][:, None] for e, m in zip(each, mass, strict=True)]
    count, grid = len(keep), len(EXPONENTS)
    alone, joint = np.zeros((count, grid)), {}
    for i in range(count):
        alone[i, keep[i]] = (root * given[i]).sum(axis=0)
    for i, j in combinations(range(count), 2):
        joint[i, j] = np.zeros((grid, grid))
        joint[i, j][np.ix_(keep[i], keep[j])] = given[i].T @ given[j]
    return alone, joint


@cache
def _near() -> Array:
    """Give the normal probabilities of each exponent about each mean, for each spread, `(tau, mu, G)`."""
    mass = np.exp(-0.5 * ((MEANS[:, None] - EXPONENTS) / SPREADS[:, None, None]) ** 2)
    return np.asarray(mass / mass.sum(axis=2, keepdims=True))


def _pair(names: tuple[str, str], joint: Array, differ: float, reach: float) -> ExponentPair:
    gap, mass = _gaps(joint)
    beyond = float(mass @ np.clip((np.abs(gap) - differ) / STEP + 0.5, 0.0, 1.0))  # a cell counts by its part beyond
    return ExponentPair(*names, _interval(gap, mass), differ, beyond, reach)


def _gaps(joint: Array) -> tuple[Array, Array]:
    """Give the differences of two exponents and their probabilities from their joint table."""
    rows, columns = np.nonzero(joint > 0)
    steps = rows - columns
    mass = np.asarray(np.bincount(steps + len(EXPONENTS), joint[rows, columns], 2 * len(EXPONENTS)), dtype=np.float64)
    return np.asarray((np.arange(len(mass)) - len(EXPONENTS)) * STEP, dtype=np.float64), mass / mass.sum()


def _log_prior() -> Array:
    logs = np.log(EXPONENTS)
    return np.asarray(np.log(_normalised(-0.5 * ((logs - PRIOR[0]) / PRIOR[1]) ** 2 - logs)))


def _normalised(log_mass: Array) -> Array:
    return np.asarray(np.exp(log_mass - special.logsumexp(log_mass)))


def _interval(values: Array, mass: Array) -> Interval:
    low, middle, high = weighted_quantile(values, np.maximum(mass, 1e-300), CENTRAL)
    return Interval(median=float(middle), low=float(low), high=float(high))
