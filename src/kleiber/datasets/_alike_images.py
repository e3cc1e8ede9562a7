"""Images that are almost the same: saved again, brighter, or cut at the edges by a little.

Those whose perceptual hashes (64 bits of the lowest frequencies) differ in few bits are looked at again, in grey at `SIDE`
pixels a side and a little blurred: alike are those whose pixels correlate. A window of one is laid over the other too, as
one may be a part of the other. All pairs of hashes are compared, a block at a time, so memory does not grow with them.

Measured on 250 images of CIFAR-10: of those saved again as JPEG of quality 40, halved or made brighter, all are found; of
those cut by 4 % at random, 84 %. Of its 10,000 test images 147 are near-copies of the 50,000 others, at least by this.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

BITS = 10  # of 64
SIDE = 32  # pixels a side at which images are compared, and from which they have details enough for parts of them
LEAST = 16  # pixels of an image's shorter side, below which there is no measure
ALIKE, ALIKE_SMALL = 0.98, 0.99  # correlation; the second for images below SIDE, not blurred, which look alike by nature
BLUR = 1.0  # pixels of the Gaussian
HOPELESS = 0.5  # correlation below which no window is tried
WINDOWS = {31: 1, 30: 1, 28: 2}  # pixels a side of a window, and pixels from one to the next
NEAREST = 4  # images of train that are looked at for each other one
BLOCK, PAIRS = 1024, 256  # images of train, and pairs, at a time

Images = NDArray[Any]  # (m, height, width, channels)
Found = NDArray[np.int64]  # (k, 2) places in the others and in train, of two that are alike


def measurable(x: Images) -> bool:
    """Say whether there is a measure for such examples."""
    return x.ndim == 4 and x.dtype == np.uint8 and x.shape[-1] in (1, 3) and min(x.shape[1:3]) >= LEAST


def seconds(train: Images, others: int) -> float:
    """Give about how long a search takes on one core."""
    return (len(train) + others) * (5e-5 + 1e-8 * float(np.prod(train.shape[1:]))) + 7e-9 * len(train) * others


def alike_images(train: Images, other: Images) -> Found:
    """Give the pairs that are alike, at most `NEAREST` for each other image; imports `imagehash`."""
    near = _near_hashes(_hashes(train), _hashes(other))
    small = min(train.shape[1:3]) < SIDE
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(near), PAIRS):
        pairs = near[start : start + PAIRS]
        a, b = ([_grey(x[at]) for at in places] for x, places in ((other, pairs[:, 0]), (train, pairs[:, 1])))
        how = _correlation(*(_sized(each, SIDE, 0.0 if small else BLUR) for each in (a, b)))
        if not small and len(hopeful := np.flatnonzero((how >= HOPELESS) & (how < ALIKE))):
            how[hopeful] = _as_parts([a[i] for i in hopeful], [b[i] for i in hopeful])
        found.append(pairs[how >= (ALIKE_SMALL if small else ALIKE)])
    return np.concatenate(found)


def _hashes(images: Images) -> NDArray[np.float32]:
    """Give the perceptual hash of each image, `(m, 64)` of 1 and -1."""
    from imagehash import phash

    bits = np.array([phash(_grey(each)).hash.ravel() for each in images], dtype=np.float32)
    return 2 * bits.reshape(-1, 64) - 1


def _grey(image: NDArray[Any]) -> Any:
    from PIL import Image

    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).convert("L")


def _near_hashes(train: NDArray[np.float32], other: NDArray[np.float32]) -> Found:
    """Give each other image's nearest ones of train, of those whose hashes differ in at most `BITS` bits."""
    rows = np.arange(len(other))
    products = np.full((len(other), NEAREST), -65, dtype=np.float32)  # 64 less twice the bits in which two differ
    places = np.zeros((len(other), NEAREST), dtype=np.int64)
    for start in range(0, len(train), BLOCK):
        here = other @ train[start : start + BLOCK].T
        if not len(best := np.flatnonzero(here.max(axis=1, initial=-65) >= 64 - 2 * BITS)):
            continue
        here = here[best]
        for _ in range(min(NEAREST, here.shape[1])):
            at = here.argmax(axis=1)
            value = here[rows[: len(best)], at]
            worst = products[best].argmin(axis=1)
            better = value > products[best, worst]
            products[best[better], worst[better]] = value[better]
            places[best[better], worst[better]] = at[better] + start
            here[rows[: len(best)], at] = -65
    near, column = np.nonzero(products >= 64 - 2 * BITS)
    return np.stack([near, places[near, column]], axis=1)


def _sized(greys: list[Any], side: int, blur: float = BLUR) -> NDArray[np.float32]:
    from PIL import Image, ImageFilter

    seen = ImageFilter.GaussianBlur(blur)
    sized = [grey.resize((side, side), Image.Resampling.LANCZOS) for grey in greys]
    return np.array([np.asarray(each.filter(seen) if blur else each, dtype=np.float32) for each in sized])


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the correlation of pixels, over the last two axes; of one colour with another such it is 1, else 0."""
    a, b = (each - each.mean(axis=(-2, -1), keepdims=True) for each in (a, b))
    size = np.sqrt((a * a).sum((-2, -1)) * (b * b).sum((-2, -1)))
    plain = ((a * a).sum((-2, -1)) < 1) & ((b * b).sum((-2, -1)) < 1)
    found: NDArray[np.float32] = np.where(plain, 1, (a * b).sum((-2, -1)) / np.maximum(size, 1e-6)).astype(np.float32)
    return found


def _as_parts(a: list[Any], b: list[Any]) -> NDArray[np.float32]:
    """Give the highest correlation of one image with a window of the other."""
    best = np.zeros(len(a), dtype=np.float32)
    for part, whole in ((a, b), (b, a)):
        wide = _sized(whole, SIDE)
        for side, step in WINDOWS.items():
            windows = sliding_window_view(wide, (side, side), axis=(1, 2))[:, ::step, ::step]
            narrow = _sized(part, side)[:, None, None]
            best = np.maximum(best, _correlation(windows, narrow).max(axis=(1, 2)))
    return best
