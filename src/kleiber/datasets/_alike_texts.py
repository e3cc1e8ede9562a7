"""Texts that are almost the same: in other case or punctuation, or with some other words.

Alike are texts whose sets of three words in a row have a Jaccard similarity of at least `ALIKE`, estimated by MinHash
(Broder 1997). Candidates come from locality-sensitive hashing: bands of a MinHash that are equal (Indyk and Motwani 1998).
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.8
PERMUTATIONS = 128  # of a MinHash: a similarity is off by about 1 / sqrt of it
BANDS = (16, 8)  # and rows of each: two of similarity .8 meet with a probability of .95, of .9 with .9999
WORDS = 3
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|\w+")  # of a script without spaces, each sign
MOST = 20  # other texts of a band that are looked at for one of train
BATCH = 4096  # texts, and pairs, at a time

Texts = NDArray[Any]  # (m,) of bytes
Found = NDArray[np.int64]  # (k, 2) places in the others and in train, of two that are alike


def seconds(train: Texts, others: Texts) -> float:
    """Give about how long a search takes on one core."""
    return 4e-5 * (len(train) + len(others)) + 1.5e-7 * sum(int(np.char.str_len(x).sum()) for x in (train, others))


def alike_texts(train: Texts, other: Texts) -> Found:
    """Give the pairs that are alike, some for each text; imports `datasketch`. Train passes by in batches."""
    known = np.concatenate([np.empty((0, PERMUTATIONS), dtype=np.uint32), *_minhashes(other)])
    tables = [_sorted(keys) for keys in _keys(known)]
    found, start = [np.empty((0, 2), dtype=np.int64)], 0
    for hashes in _minhashes(train):
        met = [_met(keys, *table) for keys, table in zip(_keys(hashes), tables, strict=True)]
        pairs = np.unique(np.concatenate(met), axis=0)
        for part in np.array_split(pairs, len(pairs) // BATCH + 1):
            alike = part[(known[part[:, 0]] == hashes[part[:, 1]]).mean(axis=1) >= ALIKE]
            found.append(alike + [0, start])
        start += len(hashes)
    pairs = np.concatenate(found)
    return pairs[np.lexsort(pairs.T[::-1])]


def _minhashes(texts: Texts) -> Iterator[NDArray[np.uint32]]:
    """Give the MinHashes `(k, PERMUTATIONS)` of some texts at a time."""
    from datasketch import MinHash

    for start in range(0, len(texts), BATCH):
        rows = [[row.encode() for row in _rows(text.decode())] for text in texts[start : start + BATCH].tolist()]
        made = MinHash.generator(rows, num_perm=PERMUTATIONS, seed=1)
        yield np.array([each.hashvalues for each in made], dtype=np.uint32)


def _keys(hashes: NDArray[np.uint32]) -> Iterator[NDArray[np.uint64]]:
    """Give a number for each band of each MinHash, equal where the bands are."""
    factors = np.random.default_rng(1).integers(2**63, size=BANDS[1], dtype=np.uint64) * 2 + 1
    for band in np.split(hashes, BANDS[0], axis=1):
        yield (band * factors).sum(axis=1, dtype=np.uint64)  # modulo 2**64


def _sorted(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def _met(keys: NDArray[np.uint64], known: NDArray[np.uint64], order: NDArray[np.int64]) -> Found:
    """Give the places, in the sorted ones and in these, of keys that are equal: at most `MOST` for each of these."""
    low = np.searchsorted(known, keys)
    counts = np.minimum(np.searchsorted(known, keys, side="right") - low, MOST)
    of = np.repeat(np.arange(len(keys)), counts)
    within = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack([order[np.repeat(low, counts) + within], of], axis=1)


def _rows(text: str) -> list[str]:
    """Give a text's words in threes, each once; the text itself where it has no words."""
    words = WORD.findall(text.lower())
    return sorted({" ".join(words[i : i + WORDS]) for i in range(max(len(words) - WORDS + 1, 1))}) if words else [text]
