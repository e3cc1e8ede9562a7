"""Near-copies: validation or test examples that are almost one of train, such as a photo saved again or a text reworded.

Images are alike whose perceptual hashes (64 bits of their lowest frequencies) differ in at most `BITS`; texts are whose
sets of three words in a row have a Jaccard similarity of at least `ALIKE`, estimated by MinHash (Broder 1997). Features and
images so small that all look alike, have no such measure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Part
from kleiber.errors import KleiberError

CHOICES = ("count", "drop", "ignore")
UNASKED = 1_000  # examples of all parts up to which near-copies are counted though nobody asked
BITS = 6  # of 64; 200 images made brighter, with noise of 1 %, differed in 4 or fewer, and unlike ones in 16 or more
SIDE = 32  # pixels of an image's shorter side at the least
ALIKE = 0.8
PERMUTATIONS = 128  # of a MinHash: a similarity is off by about 1 / sqrt of it
WORDS = 3
BLOCK = 1024  # images of train that are compared at a time
SHOWN = 3  # examples in a sentence

Pairs = NDArray[np.int64]  # (k, 2) places in another part and in train, of two that are alike


def without_near_copies(
    parts: Mapping[str, Part], choice: str | None
) -> tuple[dict[str, Part], dict[str, int], tuple[str, ...]]:
    """Count the near-copies that train has of validation and test examples, and leave them out of it for "drop".

    choice: "count", "drop", "ignore", or None for counting where it is cheap. Gives the parts, the counts by kind and a
    sentence with examples for each. Raises `KleiberError` for another choice, and where near-copies were asked for and
    there is no measure of them or its package is not installed.
    """
    if choice not in (None, *CHOICES):
        raise KleiberError(f"[data] near_copies must be {', '.join(map(repr, CHOICES))}, not {choice!r}")
    kept = dict(parts)
    if choice == "ignore" or (choice is None and sum(map(len, parts.values())) > UNASKED):
        return kept, {}, ()
    try:
        found = {label: pairs for label, pairs in _pairs_of(parts).items() if len(pairs)}
    except KleiberError:
        if choice is None:
            return kept, {}, ()
        raise
    counts = {f"{label}_near_train": len(np.unique(pairs[:, 0])) for label, pairs in found.items()}
    notes = [_said(label, parts, pairs) for label, pairs in found.items()]
    if choice == "drop" and found:
        out = np.unique(np.concatenate([pairs[:, 1] for pairs in found.values()]))
        keep = np.ones(len(parts["train"]), dtype=bool)
        keep[out] = False
        if not keep.any():
            raise KleiberError("all train examples are near-copies of validation or test examples")
        kept["train"] = parts["train"].take(keep)
        counts["train_near_copies"] = len(out)
        notes.append(f"train examples left out since they are near-copies of such: {len(out):,}")
    return kept, counts, tuple(notes)


def _pairs_of(parts: Mapping[str, Part]) -> dict[str, Pairs]:
    train = parts["train"].x
    others = {label: parts[label].x for label in ("validation", "test")}
    if train.dtype.kind == "S":
        return _alike_texts(train, others)
    if train.ndim != 4 or min(train.shape[1:3]) < SIDE:
        raise KleiberError(
            f"[data] near_copies: there is a measure for texts and for images of at least {SIDE} x {SIDE} pixels; "
            "these are neither; remove near_copies"
        )
    hashes = _hashes(train)
    return {label: _alike_images(hashes, _hashes(x)) for label, x in others.items()}


def _hashes(images: NDArray[Any]) -> NDArray[np.float32]:
    """Give the perceptual hash of each image, `(m, 64)` of 1 and -1."""
    try:
        from imagehash import phash
        from PIL import Image
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    plain = images[..., 0] if images.shape[-1] == 1 else images
    bits = np.array([phash(Image.fromarray(each)).hash.ravel() for each in plain], dtype=np.float32)
    return 2 * bits - 1


def _alike_images(train: NDArray[np.float32], other: NDArray[np.float32]) -> Pairs:
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(train), BLOCK):
        # The product of two hashes is 64 less twice the bits in which they differ.
        at, of = np.nonzero(other @ train[start : start + BLOCK].T >= 64 - 2 * BITS)
        found.append(np.stack([at, of + start], axis=1))
    return np.concatenate(found)


def _alike_texts(train: NDArray[Any], others: Mapping[str, NDArray[Any]]) -> dict[str, Pairs]:
    try:
        from datasketch import MinHashLSH
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    known, index = list(_minhashes(train)), MinHashLSH(threshold=ALIKE, num_perm=PERMUTATIONS)
    for place, each in enumerate(known):
        index.insert(place, each)
    return {
        label: np.array(
            [
                (at, of)
                for at, each in enumerate(_minhashes(texts))
                for of in sorted(index.query(each))
                if each.jaccard(known[of]) >= ALIKE
            ],
            dtype=np.int64,
        ).reshape(-1, 2)
        for label, texts in others.items()
    }


def _minhashes(texts: NDArray[Any]) -> Iterator[Any]:
    from datasketch import MinHash

    for text in texts.tolist():
        words = text.decode().lower().split()
        rows = {" ".join(words[i : i + WORDS]) for i in range(max(len(words) - WORDS + 1, 1))}
        found = MinHash(num_perm=PERMUTATIONS, seed=1)
        found.update_batch([row.encode() for row in sorted(rows)])
        yield found


def _missing(error: ModuleNotFoundError) -> KleiberError:
    return KleiberError(
        f"[data] near_copies needs the package {error.name!r}, which is not installed: pip install 'kleiber[copies]'"
    )


def _said(label: str, parts: Mapping[str, Part], pairs: Pairs) -> str:
    _, first = np.unique(pairs[:, 0], return_index=True)
    shown = "; ".join(
        f"{_called(parts[label], at)} is like {_called(parts['train'], of)}" for at, of in pairs[first[:SHOWN]].tolist()
    )
    return f"{label} examples of which train has a near-copy: {len(first):,} of {len(parts[label]):,} ({shown})"


def _called(part: Part, place: int) -> str:
    """Name an example as its source does."""
    kind, names = next(iter(part.keys.items()), ("row", part.rows))
    return str(names[place]) if kind == "file" else f"{kind} {names[place]}"
