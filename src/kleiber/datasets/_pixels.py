"""Examples in memory as a study has them: images `(m, height, width, channels)` uint8, or features `(m, d)` float32."""

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber.datasets._missing import numbers_of
from kleiber.errors import KleiberError

CHANNELS = (1, 3, 4)
STEP = 1e-3  # how near 255 times a pixel must be to a whole number to have been one


def plain_array(value: Any, place: str) -> NDArray[Any]:
    """Give a tensor, a column or frame, a sparse matrix, an image or a list as an array."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    elif hasattr(value, "toarray"):
        value = value.toarray()
    elif hasattr(value, "to_numpy"):
        value = value.to_numpy()
    try:
        found = np.asarray(value)
    except ValueError as error:
        raise KleiberError(f"data: {place} is no array: its rows have unlike lengths") from error
    if found.dtype.kind == "O" and found.size and all(isinstance(each, bool) for each in found.flat):
        return found.astype(bool)
    return found


def examples_of(value: Any, place: str) -> NDArray[Any]:
    """Give examples as images or features; raises `KleiberError` that says the shape and how to mend it."""
    if hasattr(value, "columns") and not hasattr(value, "detach"):
        return _of_frame(value, place)
    x = plain_array(value, place)
    if x.dtype.kind not in "biuf":
        raise KleiberError(f"data: {place} holds {x.dtype}, not numbers; encode it first")
    if x.ndim == 2:
        return _narrow(x, place)
    if x.ndim not in (3, 4):
        how = "X.reshape(-1, 1)" if x.ndim == 1 else "X.reshape(len(X), -1)"
        raise KleiberError(f"data: {place} has shape {x.shape}; give features (m, d) or images (m, h, w, channels): {how}")
    images = x[..., np.newaxis] if x.ndim == 3 else x
    if images.shape[-1] not in CHANNELS and images.shape[1] in CHANNELS:
        images = np.moveaxis(images, 1, -1)
    if images.shape[-1] not in CHANNELS:
        raise KleiberError(
            f"data: {place} has shape {x.shape}, whose last axis is no channels (1, 3 or 4); give images "
            "(m, h, w, channels), or features: X.reshape(len(X), -1)"
        )
    return _pixels(images, place)


def _pixels(images: NDArray[Any], place: str) -> NDArray[np.uint8]:
    """Give images as bytes: what is 0 to 255, or 0 to 1 in steps of 1/255, without a loss."""
    if images.dtype == np.uint8:
        return np.ascontiguousarray(images)
    scaled = images.astype(np.float64)
    if images.dtype.kind == "f" and images.size and float(scaled.max()) <= 1:
        scaled *= 255
    whole = np.round(scaled)
    if not np.isfinite(scaled).all() or np.abs(scaled - whole).max() > STEP or whole.min() < 0 or whole.max() > 255:
        raise KleiberError(
            f"data: {place} holds images of {images.dtype} that are no pixels from 0 to 255, nor from 0 to 1 (are they "
            "normalised?). Give the pixels as uint8, which kleiber scales itself, or features: X.reshape(len(X), -1)"
        )
    return whole.astype(np.uint8)


def _narrow(x: NDArray[Any], place: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        found = x.astype(np.float32)
    bad = np.argwhere(np.isinf(found))
    if len(bad):
        row, column = bad[0].tolist()
        rows = len(np.unique(bad[:, 0]))
        raise KleiberError(
            f"data: {place} is infinite, or too large for 32 bits, in {rows:,} rows, the first of them row {row:,}, column "
            f"{column:,}. Mend the values, or remove the rows"
        )
    found[np.isnan(found)] = np.nan  # one NaN, or equal rows would differ
    return found


def _column(values: Any, place: str) -> NDArray[Any]:
    """Give a frame's column as an array: one of numbers of which some are missing as numbers too."""
    found = plain_array(values, place)
    if found.dtype.kind == "O" and not any(isinstance(each, str) for each in found.tolist()):
        with suppress(TypeError, ValueError):
            return numbers_of(found.tolist())
    return found


def _of_frame(frame: Any, place: str) -> NDArray[np.float32]:
    columns = [_column(frame[name], place) for name in frame.columns]
    wrong = [str(name) for name, column in zip(frame.columns, columns, strict=True) if column.dtype.kind not in "biuf"]
    if wrong:
        many = f"{', '.join(wrong[:5])}{', ...' if len(wrong) > 5 else ''}"
        raise KleiberError(f"data: {place} holds no numbers in {many}; encode these columns, or drop them")
    if not columns:
        raise KleiberError(f"data: {place} has no columns")
    return _narrow(np.stack([column.astype(np.float64) for column in columns], axis=1), place)
