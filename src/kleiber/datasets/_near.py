"""Near-copies: validation or test examples that are almost one of train, such as a photo saved again or a text reworded.

What is alike: `_alike_images.py` and `_alike_texts.py`. Tables, features and images of a few pixels have no such measure.
"""

from collections.abc import Mapping

import numpy as np

from kleiber.datasets import _alike_images, _alike_texts
from kleiber.datasets._alike_images import Found
from kleiber.datasets._dataset import Part
from kleiber.errors import KleiberError
from kleiber.wording import duration

CHOICES = ("count", "drop", "ignore")
UNASKED = 5.0  # seconds up to which near-copies are counted though nobody asked
SHOWN = 3  # examples in a sentence


def without_near_copies(
    parts: Mapping[str, Part], choice: str | None
) -> tuple[dict[str, Part], dict[str, int], tuple[str, ...]]:
    """Count the near-copies that train has of validation and test examples, and leave them out of it for "drop".

    choice: "count", "drop", "ignore", or None for counting where it is quick. Gives the parts, the counts by kind and a
    sentence with examples for each, or one that says why nothing was counted. Raises `KleiberError` for another choice,
    and where near-copies were asked for and there is no measure of them or its package is not installed.
    """
    if choice not in (None, *CHOICES):
        raise KleiberError(f"[data] near_copies must be {', '.join(map(repr, CHOICES))}, not {choice!r}")
    if choice == "ignore" or (choice is None and not _measurable(parts["train"])):
        return dict(parts), {}, ()
    if choice is None and (takes := _seconds(parts)) > UNASKED:
        total = sum(map(len, parts.values()))
        said = f"near-copies were not looked for among {total:,} examples; that takes about {duration(takes)}"
        return dict(parts), {}, (f'{said}: near_copies = "count" in [data]',)
    try:
        found = _found(parts)
    except KleiberError as error:
        if choice is None:
            return dict(parts), {}, (str(error).replace("[data] near_copies needs", "near-copies were not looked for:"),)
        raise
    counts = {f"{label}_near_train": len(np.unique(pairs[:, 0])) for label, pairs in found.items()}
    notes = tuple(_said(label, parts, pairs) for label, pairs in found.items())
    if choice != "drop" or not found:
        return dict(parts), counts, notes
    kept = dict(parts)
    while found:  # an example with many near-copies shows some at a time
        kept["train"] = _without(kept["train"], found)
        found = _found(kept)
    left_out = len(parts["train"]) - len(kept["train"])
    counts["train_near_copies"] = left_out
    return kept, counts, (*notes, f"train examples left out since they are near-copies of such: {left_out:,}")


def _without(train: Part, found: Mapping[str, Found]) -> Part:
    keep = np.ones(len(train), dtype=bool)
    keep[np.concatenate([pairs[:, 1] for pairs in found.values()])] = False
    if not keep.any():
        raise KleiberError("all train examples are near-copies of validation or test examples")
    return train.take(keep)


def _measurable(train: Part) -> bool:
    return train.x.dtype.kind == "S" or _alike_images.measurable(train.x)


def _seconds(parts: Mapping[str, Part]) -> float:
    train, others = parts["train"].x, [parts[label].x for label in ("validation", "test")]
    if train.dtype.kind == "S":
        return _alike_texts.seconds(train, np.concatenate(others))
    return _alike_images.seconds(train, sum(map(len, others)))


def _found(parts: Mapping[str, Part]) -> dict[str, Found]:
    """Give the pairs that are alike by part, of those parts that have any."""
    train = parts["train"].x
    if not _measurable(parts["train"]):
        raise KleiberError(
            f"[data] near_copies: there is a measure for texts and for images of at least {_alike_images.LEAST} x "
            f"{_alike_images.LEAST} pixels; these are neither; remove near_copies"
        )
    alike = _alike_texts.alike_texts if train.dtype.kind == "S" else _alike_images.alike_images
    try:
        pairs = alike(train, np.concatenate([parts["validation"].x, parts["test"].x]))
    except ModuleNotFoundError as error:
        said = f"the package {error.name!r}, which is not installed: pip install 'kleiber[copies]'"
        raise KleiberError(f"[data] near_copies needs {said}") from error
    first = len(parts["validation"])
    in_test = pairs[:, 0] >= first
    found = {"validation": pairs[~in_test], "test": pairs[in_test] - np.array([first, 0])}
    return {label: pairs for label, pairs in found.items() if len(pairs)}


def _said(label: str, parts: Mapping[str, Part], pairs: Found) -> str:
    _, first = np.unique(pairs[:, 0], return_index=True)
    shown = "; ".join(
        f"{_called(parts[label], at)} is like {_called(parts['train'], of)}" for at, of in pairs[first[:SHOWN]].tolist()
    )
    return f"{label} examples of which train has a near-copy: {len(first):,} of {len(parts[label]):,} ({shown})"


def _called(part: Part, place: int) -> str:
    """Name an example as its source does."""
    kind, names = next(iter(part.keys.items()), ("row", part.rows))
    return str(names[place]) if kind == "file" else f"{kind} {names[place]}"
