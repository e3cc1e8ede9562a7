"""Quasi-random draws of a space, and those of them that a pilot's trials call promising.

A pilot tries many settings at the smallest size, where they cost little. A Gaussian process of their places says which part
of the space is worth drawing from, and every size draws from that same part: none is helped more than another by what the
sizes before it found.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.records import canonical
from kleiber.seeds import generator
from kleiber.space import Space, coordinates, dimensions, parse_space, plain, setting

Array = NDArray[np.float64]

SHARE = 0.2  # of the space, the most promising part, that sizes draw from
LOOKED = 512  # points of the space by which that part is told from the rest, and those that are looked at together
LENGTHS = (0.2, 0.4, 0.8, 1.6, 6.4)  # shares of a range over which places change; the last is next to not at all
NOISE = 0.25  # share of the variance of places that no setting explains
SWEEPS = 2  # through the lengths, one dimension after the other


def draws(space: Space, seed: int, count: int, pilot: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """Give the first `count` of a quasi-random sequence of settings, each beginning of which is spread over the space.

    pilot: settings that were tried, the best first. With them the sequence leaves out all but the most promising fifth of
    the space.
    """
    entries = canonical(plain(space))
    told = canonical([{name: params[name] for name in space} for params in pilot])
    return [setting(space, point.tolist()) for point in _drawn(entries, seed, count, told)]


def spread(dimensions: int, seed: int, start: int, count: int) -> Array:
    """Give the points `(count, dimensions)` from `start` on of a Kronecker sequence in the unit cube: frac(s + i alpha).

    alpha_j = phi^-j, where phi^(dimensions + 1) = phi + 1 (Roberts 2018, "The unreasonable effectiveness of quasirandom
    sequences"). The shift s comes from the seed (Cranley and Patterson 1976), so that each point by itself is uniform.
    """
    phi = 2.0
    for _ in range(64):
        phi = (1 + phi) ** (1 / (dimensions + 1))
    alpha = phi ** -np.arange(1.0, dimensions + 1)
    shift = generator("shift", seed).random(dimensions)
    return np.asarray((shift + np.arange(start, start + count)[:, None] * alpha) % 1.0)


def promise(points: Array) -> Callable[[Array], Array]:
    """Give what tells of points `(m, d)` of the unit cube what place to expect there, lower being better, `(m,)`.

    points: `(k, d)`, the best first. Places become normal scores, and a Gaussian process with a squared exponential kernel
    is fitted to them, its lengths one dimension after the other by the marginal likelihood (Rasmussen and Williams 2006,
    "Gaussian Processes for Machine Learning", sections 2.2 and 5.4).
    """
    count, dims = points.shape
    scores = np.array([NormalDist().inv_cdf((place + 0.5) / count) for place in range(count)])
    squares = (points[:, None] - points[None]) ** 2
    lengths = np.full(dims, LENGTHS[len(LENGTHS) // 2])

    def covariance(at: Array) -> Array:
        return np.asarray((1 - NOISE) * np.exp(-0.5 * (squares / at**2).sum(-1)) + NOISE * np.eye(count))

    def evidence(dim: int, length: float) -> float:
        root = np.linalg.cholesky(covariance(np.where(np.arange(dims) == dim, length, lengths)))
        whitened = np.linalg.solve(root, scores)
        return float(-0.5 * count * np.log(whitened @ whitened / count) - np.log(np.diag(root)).sum())

    for dim in list(range(dims)) * SWEEPS if count > 1 else []:
        lengths[dim] = max(LENGTHS, key=lambda length, dim=dim: evidence(dim, length))  # type: ignore[misc]
    weights = np.linalg.solve(covariance(lengths), scores)

    def expected(at: Array) -> Array:
        away = ((at[:, None] - points[None]) / lengths) ** 2
        return np.asarray((1 - NOISE) * np.exp(-0.5 * away.sum(-1)) @ weights, dtype=np.float64)

    return expected


@lru_cache(maxsize=1024)
def _drawn(space: str, seed: int, count: int, told: str) -> tuple[Array, ...]:
    """Give the points that are drawn; texts in, so that equal questions are answered once."""
    if told == "[]":
        return tuple(spread(dimensions(parse_space(json.loads(space))), seed, 0, count))
    place, limit, dims = _told(space, told)
    below = _below(place, limit, dims, seed)
    return tuple(next(below) for _ in range(count))


@lru_cache(maxsize=64)
def _told(space: str, pilot: str) -> tuple[Callable[[Array], Array], float, int]:
    """Give what place to expect at points, by a pilot's settings, which one the promising part is not above, and `d`."""
    entries = parse_space(json.loads(space))
    expected = promise(np.array([coordinates(entries, params) for params in json.loads(pilot)]))

    def place(points: Array) -> Array:  # at the settings that points stand for
        return expected(np.array([coordinates(entries, setting(entries, point.tolist())) for point in points]))

    dims = dimensions(entries)
    return place, float(np.quantile(place(spread(dims, 0, 0, LOOKED)), SHARE)), dims


def _below(place: Callable[[Array], Array], limit: float, dims: int, seed: int) -> Iterator[Array]:
    """Give the points of a sequence, one after the other, whose expected place is not above a limit."""
    start = 0
    while True:
        points = spread(dims, seed, start, LOOKED)
        yield from points[place(points) <= limit]
        start += LOOKED
