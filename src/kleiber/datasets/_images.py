"""From image files to one array: decoded, and all of one size and mode, which is said where it was chosen."""

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from kleiber.errors import KleiberError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
_CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}
_MODES = {"grey": "L", "gray": "L", "l": "L", "rgb": "RGB", "rgba": "RGBA"}
_NATURAL = {"1": "L", "L": "L", "LA": "RGBA", "P": "RGB", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB"}
WORDS = {"L": "grey", "RGB": "RGB", "RGBA": "RGBA"}
_ORIENTATION = 0x0112  # of EXIF; from 5 up the image lies on its side
LONGER = 64  # pixels of the longer side of images that are resized where nobody says to what
LARGEST = 256  # pixels of a side up to which images of one size stay as they are


class Stack:
    """Gathers decoded images into one block of memory: `add` each file, then `array()` once.

    `size`: `(height, width)` in pixels to resize to; None: as the files are. `mode`: "L", "RGB" or "RGBA"; None: as they
    are. Raises `UnlikeError` from `add` where files that are to stay as they are differ, or are large.
    """

    def __init__(self, *, size: tuple[int, int] | None, mode: str | None) -> None:
        self._size = size
        self._mode = mode
        self._shape: tuple[int, int] | None = size
        self._kind = mode
        self._pixels = bytearray()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, name: str, content: bytes | Path) -> None:
        """Decode one file; raises `KleiberError` with its name where it is broken."""
        with _opened(name, content) as image:
            pixels = self._as_asked(image)
        self._pixels += pixels
        self._count += 1

    def array(self) -> NDArray[np.uint8]:
        """Give all images in the order of their adding, `(m, height, width, channels)`."""
        assert self._shape is not None and self._kind is not None, "no image was added"
        flat: NDArray[Any] = np.frombuffer(self._pixels, dtype=np.uint8)
        return flat.reshape(self._count, *self._shape, _CHANNELS[self._kind])

    def _as_asked(self, image: Image.Image) -> bytes:
        turned: Image.Image = ImageOps.exif_transpose(image) if "exif" in image.info else image
        kind = self._mode or _NATURAL[turned.mode]
        shape = self._size or (turned.height, turned.width)
        if kind != (self._kind or kind) or shape != (self._shape or shape) or (self._size is None and max(shape) > LARGEST):
            raise UnlikeError
        if turned.mode != kind:
            turned = turned.convert(kind)
        if (turned.height, turned.width) != shape:
            turned = turned.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
        self._kind, self._shape = kind, shape
        return turned.tobytes()


class UnlikeError(Exception):
    """Images of several sizes or modes, or large ones, where nobody said what they are to become."""


class Survey:
    """Looks at the heads of images that are not alike, and chooses the one size and mode that all of them get.

    The size is the median height and width, shrunk so that the longer side has at most `LONGER` pixels; images of one size
    up to `LARGEST` stay as they are. The mode is RGB where grey, colour and transparent images are mixed.
    """

    def __init__(self) -> None:
        self._shapes: Counter[tuple[int, int]] = Counter()
        self._kinds: Counter[str] = Counter()

    def add(self, name: str, content: bytes | Path) -> None:
        """Look at one file's head, as it will be seen upright."""
        with _opened(name, content) as image:
            sideways = image.getexif().get(_ORIENTATION, 1) >= 5
            self._shapes[(image.width, image.height) if sideways else (image.height, image.width)] += 1
            self._kinds[_NATURAL[image.mode]] += 1

    @property
    def size(self) -> tuple[int, int]:
        """Give the `(height, width)` that all get."""
        shapes = np.array(list(self._shapes.elements()))
        height, width = (float(side) for side in np.median(shapes, axis=0))
        if len(self._shapes) == 1 and max(height, width) <= LARGEST:
            return int(height), int(width)
        scale = min(1.0, LONGER / max(height, width))
        return max(1, round(height * scale)), max(1, round(width * scale))

    @property
    def mode(self) -> str:
        """Give the mode that all get, as the decoder names it."""
        return next(iter(self._kinds)) if len(self._kinds) == 1 else "RGB"

    def notes(self, *, size: bool, mode: bool) -> list[str]:
        """Say what was chosen: the `size` and the `mode`, where nobody had given it."""
        said = []
        if size and (len(self._shapes) > 1 or self.size not in self._shapes):
            (h, w), (k, v) = (tuple(side(each[i] for each in self._shapes) for i in (0, 1)) for side in (min, max))
            many = f"{len(self._shapes):,} sizes, {h} to {k} pixels high and {w} to {v} wide"
            one = f"{h} pixels high and {w} wide"
            here = f"size = [{self.size[0]}, {self.size[1]}]"
            said.append(f"the images have {many if len(self._shapes) > 1 else one}; all are resized: {here} under [data]")
        if mode and len(self._kinds) > 1:
            counts = " and ".join(f"{count:,} {WORDS[kind]}" for kind, count in self._kinds.most_common())
            said.append(f'the images are mixed, {counts}; all are converted: mode = "{WORDS[self.mode]}" under [data]')
        return said


@contextmanager
def _opened(name: str, content: bytes | Path) -> Iterator[Image.Image]:
    """Open an image; raises `KleiberError` with its name where it cannot be read."""
    try:
        with Image.open(io.BytesIO(content) if isinstance(content, bytes) else content, formats=_FORMATS) as image:
            if image.mode not in _NATURAL:
                raise KleiberError(
                    f"{name}: pixels of mode {image.mode}; images of 8 bits for each channel are read, convert it"
                )
            yield image
    except UnidentifiedImageError as error:
        raise KleiberError(f"{name}: not an image of a known format; repair the file or remove it") from error
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise KleiberError(f"{name}: not a readable image ({error}); repair the file or remove it") from error


def parse_mode(mode: str | None) -> str | None:
    """Give the decoder's name of the option `mode`; raises `KleiberError` for an unknown one."""
    if mode is None:
        return None
    if str(mode).lower() not in _MODES:
        raise KleiberError(f"[data] mode must be 'grey', 'RGB' or 'RGBA', not {mode!r}")
    return _MODES[str(mode).lower()]


def parse_size(size: Any) -> tuple[int, int] | None:
    """Give the option `size` as `(height, width)`, from `[height, width]` or one number for both."""
    if size is None:
        return None
    pair = [size, size] if isinstance(size, int) else list(size) if isinstance(size, list | tuple) else []
    if len(pair) != 2 or not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in pair):
        raise KleiberError(f"[data] size must be [height, width] in whole pixels, such as size = [32, 32], not {size!r}")
    return pair[0], pair[1]
