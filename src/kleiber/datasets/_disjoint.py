"""Disjoint by content: no example of the pool equals one of the validation or test set, nor another one of the pool.

Two examples are equal when their `x` has the same bytes, whatever their targets. All that is left out is counted:

`train_repeats` pool examples equal to an earlier one, left out; `train_conflicts` those among them with another target;
`test_in_train`, `validation_in_train` examples of these sets found in train; `train_in_test`, `train_in_validation`
the pool examples left out for it; `validation_in_test` validation examples left out since they are in test;
`test_repeats`, `validation_repeats` repeats inside these sets, which stay, since the sets are fixed.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._dataset import Part, Raw
from kleiber.datasets._needed import OptionNeededError
from kleiber.errors import KleiberError

_TOLERATED = 0.01  # largest share of the test or validation examples that may be found in train

Hashes = NDArray[Any]  # (m,) 16-byte content hashes


def content_hashes(x: NDArray[Any]) -> Hashes:
    """Give one hash `(m,)` of the bytes of each example; 0.0 and -0.0 are the same number and hash alike."""
    if x.dtype.kind == "S":  # of texts, whatever room the longest takes
        return np.frombuffer(b"".join(hashlib.sha256(each).digest()[:16] for each in x.tolist()), dtype="V16")
    rows = x + np.float32(0) if x.dtype.kind == "f" else x
    rows = np.ascontiguousarray(rows).reshape(len(x), -1)
    digests = b"".join(hashlib.sha256(row.data).digest()[:16] for row in rows)
    return np.frombuffer(digests, dtype="V16")


def make_disjoint(raw: Raw, *, allow_overlap: bool) -> tuple[Raw, dict[str, int]]:
    """Give the same data with its parts disjoint, and the counts by kind (those above zero).

    Raises `KleiberError` with the counts where more than 1 % of the test or validation examples are in train, unless
    `allow_overlap`; and where nothing is left of a part.
    """
    hashes = {label: content_hashes(part.x) for label, part in raw.parts().items()}
    counts: dict[str, int] = {}
    for label in hashes.keys() - {"train"}:
        counts[f"{label}_in_train"] = int(_found(hashes[label], hashes["train"]).sum())
        counts[f"{label}_repeats"] = len(hashes[label]) - len(set(hashes[label].tolist()))
    if not allow_overlap:
        _refuse_overlap(raw, counts)
    keep, more = _kept(raw, hashes)
    counts |= more
    for label, mask in keep.items():
        if not mask.any():
            raise KleiberError(
                f"{raw.name}: all {len(mask):,} {label} examples are also in other parts; give it examples of its own"
            )
    return _reduced(raw, keep), {kind: count for kind, count in sorted(counts.items()) if count}


def notes(counts: dict[str, int]) -> tuple[str, ...]:
    """Say the counts in sentences, those kinds that there are."""
    said = {
        "train_repeats": "train examples that repeat an earlier one, left out",
        "train_conflicts": "repeats in train with another target than the example that stays",
        "test_in_train": "test examples that are also in train",
        "validation_in_train": "validation examples that are also in train",
        "train_in_test": "train examples left out since they are in the test set",
        "train_in_validation": "train examples left out since they are in the validation set",
        "validation_in_test": "validation examples left out since they are in the test set",
        "validation_repeats": "validation examples that repeat another one of their set, kept",
        "test_repeats": "test examples that repeat another one of their set, kept",
    }
    return tuple(f"{sentence}: {counts[kind]:,}" for kind, sentence in said.items() if counts.get(kind))


def _kept(raw: Raw, hashes: dict[str, Hashes]) -> tuple[dict[str, NDArray[np.bool_]], dict[str, int]]:
    keep = {label: np.ones(len(values), dtype=bool) for label, values in hashes.items()}
    counts: dict[str, int] = {}
    if "validation" in hashes and "test" in hashes:
        keep["validation"] = ~_found(hashes["validation"], hashes["test"])
        counts["validation_in_test"] = int((~keep["validation"]).sum())
    for label in ("test", "validation"):
        if label in hashes:
            clash = keep["train"] & _found(hashes["train"], hashes[label])
            counts[f"train_in_{label}"] = int(clash.sum())
            keep["train"] &= ~clash
    first = _first_of_each(hashes["train"])
    repeats = keep["train"] & (first != np.arange(len(first)))
    counts["train_repeats"] = int(repeats.sum())
    counts["train_conflicts"] = int((raw.train.y[repeats] != raw.train.y[first[repeats]]).sum())
    keep["train"] &= ~repeats
    return keep, counts


def _reduced(raw: Raw, keep: dict[str, NDArray[np.bool_]]) -> Raw:
    parts: dict[str, Part] = {
        label: part if keep[label].all() else part.take(keep[label]) for label, part in raw.parts().items()
    }
    return Raw(
        name=raw.name,
        task=raw.task,
        classes=raw.classes,
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts.get("test"),
        groups=None if raw.groups is None else raw.groups[keep["train"]],
        notes=raw.notes,
        missing=raw.missing,
        unit=raw.unit,
    )


def _refuse_overlap(raw: Raw, counts: dict[str, int]) -> None:
    for label, part in raw.parts().items():
        found = counts.get(f"{label}_in_train", 0)
        if found > _TOLERATED * len(part):
            raise OptionNeededError(
                f"{raw.name}: {found:,} of {len(part):,} {label} examples ({100 * found / len(part):.1f} %) are also in "
                "train, more than 1 %. Remove them from train, or let kleiber leave them out of it",
                {"allow_overlap": True},
            )


def _found(values: Hashes, among: Hashes) -> NDArray[np.bool_]:
    known = set(among.tolist())
    return np.fromiter((value in known for value in values.tolist()), dtype=bool, count=len(values))


def _first_of_each(values: Hashes) -> NDArray[np.int64]:
    first: dict[bytes, int] = {}
    listed = values.tolist()
    return np.fromiter((first.setdefault(value, i) for i, value in enumerate(listed)), dtype=np.int64, count=len(values))
