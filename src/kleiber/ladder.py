"""From a pool to nested subsets of growing size.

Each replicate has one order of the whole pool, and its rung of size n is the first n of that order: nested within a
replicate, without replacement, a fresh order for each replicate, and independent of which other sizes are run.
The order is stratified: every class comes once before any comes twice, and from then on each prefix holds the classes
in the pool's proportions, up to one example a class.
"""

import hashlib
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from kleiber.errors import KleiberError
from kleiber.records import Rung
from kleiber.seeds import generator

ONE_EACH: NDArray[np.float64] = np.empty(0)  # weights where each example counts one


def geometric(pool: int, *, smallest: float = 0.005, factor: float = 2.0) -> list[int]:
    """Give sizes that grow by a factor from a share (below 1) or a number (from 1 up) of the pool to the whole of it.

    The defaults are the origin's: 0.5 % of the pool, doubled until 100 %; 40,000 gives 200, 400, ... 25,600, 40,000.
    """
    first = round(smallest * pool) if smallest < 1 else round(smallest)
    if factor <= 1 or first < 1:
        raise KleiberError(f"sizes: smallest must be at least one example and factor above 1, not {first} and {factor}")
    sizes, size = [], float(first)
    while round(size) < pool:
        sizes.append(round(size))
        size *= factor
    return list(dict.fromkeys([*sizes, pool]))


def check_sizes(
    sizes: Sequence[int], y: NDArray[np.generic], classes: Sequence[str], weights: NDArray[np.float64] = ONE_EACH
) -> None:
    """Refuse sizes that the pool cannot give, before anything runs, with the numbers.

    y: `(pool,)` targets of the pool; classes: names of its classes, empty for regression; weights: as `first` has them.
    """
    pool = total(y, weights)
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise KleiberError(f"sizes: {size!r} is not a whole number of at least 1; write sizes = [100, 200, 400], say")
    doubles = sorted({size for size in sizes if list(sizes).count(size) > 1})
    if doubles:
        raise KleiberError(f"sizes: {', '.join(map(str, doubles))} stands there twice; write each size once")
    if not sizes:
        raise KleiberError("sizes: there is none; name some, such as sizes = [100, 200, 400]")
    if max(sizes) > pool:
        raise KleiberError(
            f"sizes: {max(sizes):,} is more than {'what the pool weighs,' if len(weights) else 'the pool' + chr(39) + 's'} "
            f"{pool:,}{'' if len(weights) else ' training examples'}; "
            f"leave it out, or end at {pool:,} (--max-n {pool})"
        )
    if classes:
        present = len(np.unique(y))
        if present < len(classes):
            missing = sorted(set(range(len(classes))) - set(np.unique(y).tolist()))
            named = ", ".join(repr(classes[i]) for i in missing)
            raise KleiberError(f"the pool has no example of class {named}; add some to train, or leave the class out")
        if min(sizes) < present and not len(weights):
            raise KleiberError(
                f"sizes: {min(sizes)} examples can't hold each of the {present} classes; leave out sizes below {present}, "
                f"or write sizes = {{ smallest = {present} }}"
            )


def order(y: NDArray[np.generic], *, stratified: bool, seed: int, replicate: int) -> NDArray[np.int64]:
    """Give the replicate's order of the pool, `(pool,)` indices; the first n of them are its rung of size n."""
    chance = generator(seed, "order", replicate)
    shuffled = chance.permutation(len(y))
    if not stratified:
        return shuffled.astype(np.int64)
    key = np.empty(len(y))
    for label in np.unique(y):
        members = shuffled[y[shuffled] == label]
        key[members] = (np.arange(len(members)) + chance.random()) / len(members)
        key[members[0]] = -chance.random()
    return np.argsort(key, kind="stable").astype(np.int64)


def total(y: NDArray[np.generic], weights: NDArray[np.float64]) -> int:
    """Give the largest size that a pool has: its examples, or what they weigh together."""
    return int(weights.sum() + 1e-9) if len(weights) else len(y)


def first(chosen: NDArray[np.int64], n: int, weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the rung of size n of an order `(pool,)`: its first n, or as many of the first as weigh n at most.

    weights: `(pool,)` what each example counts; empty where each counts one. Nested for any sizes.
    """
    if not len(weights):
        return chosen[:n]
    return chosen[: int(np.searchsorted(np.cumsum(weights[chosen]), n + 1e-9, side="right"))]


def climb(
    y: NDArray[np.generic],
    sizes: Sequence[int],
    replicates: Sequence[int],
    *,
    stratified: bool,
    seed: int,
    weights: NDArray[np.float64] = ONE_EACH,
) -> dict[tuple[int, int], Rung]:
    """Give the rung of each size and replicate, by `(n, replicate)`, with the overlap among these replicates.

    Raises `KleiberError` where an order's first examples weigh more than a size, so that it would lack a class or be empty.
    """
    orders = {r: order(y, stratified=stratified, seed=seed, replicate=r) for r in replicates}
    chosen = {(n, r): first(orders[r], n, weights) for n in sizes for r in replicates}
    fewest = len(np.unique(y)) if stratified else 1
    for (n, r), subset in chosen.items():
        if len(subset) < fewest:
            weighs = float(weights[orders[r][:fewest]].sum())
            raise KleiberError(
                f"sizes: a weight of {n:,} is {len(subset)} examples, too few for {fewest} classes or an example; "
                f"leave out sizes below {int(np.ceil(weighs)):,}"
            )
    shared = {n: _overlap([chosen[n, r] for r in replicates], len(y)) for n in sizes}
    return {(n, r): Rung(n, r, subset_digest(chosen[n, r]), shared[n]) for n in sizes for r in replicates}


def subset_digest(indices: NDArray[np.int64]) -> str:
    """Give the hash of a subset, order included: the trainer may see it in this order."""
    return hashlib.sha256(np.ascontiguousarray(indices, dtype="<i8").tobytes()).hexdigest()[:32]


def _overlap(subsets: list[NDArray[np.int64]], pool: int) -> float:
    if len(subsets) < 2:
        return 0.0
    masks = np.zeros((len(subsets), pool), dtype=bool)
    for mask, subset in zip(masks, subsets, strict=True):
        mask[subset] = True
    pairs = [(masks[i] & masks[j]).sum() / len(subsets[i]) for i, j in combinations(range(len(subsets)), 2)]
    return float(np.mean(pairs))
