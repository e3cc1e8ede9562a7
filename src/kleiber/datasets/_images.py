"""From image files to one array: decoded from bytes, all of one size and one mode, or an error that names two files."""

import io
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
_WORDS = {"L": "grey", "RGB": "RGB", "RGBA": "RGBA"}


class Stack:
    """Gathers decoded images into one block of memory: `add` each file, then `array()` once.

    `size`: `(height, width)` in pixels to resize to; None: as the files are, which must then agree.
    `mode`: "grey", "RGB" or "RGBA"; None: as the files are, which must then agree.
    """

    def __init__(self, *, size: tuple[int, int] | None, mode: str | None) -> None:
        self._size = size
        self._mode = mode
        self._shape: tuple[int, int] | None = size
        self._kind = mode
        self._first = ""
        self._pixels = bytearray()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, name: str, content: bytes | Path) -> None:
        """Decode one file; raises `KleiberError` with its name where it is broken or unlike the first."""
        try:
            with Image.open(io.BytesIO(content) if isinstance(content, bytes) else content, formats=_FORMATS) as image:
                pixels = self._as_asked(name, image)
        except UnidentifiedImageError as error:
            raise KleiberError(f"{name}: not an image of a known format; repair the file or remove it") from error
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise KleiberError(f"{name}: not a readable image ({error}); repair the file or remove it") from error
        self._first = self._first or name
        self._pixels += pixels
        self._count += 1

    def array(self) -> NDArray[np.uint8]:
        """Give all images in the order of their adding, `(m, height, width, channels)`."""
        assert self._shape is not None and self._kind is not None, "no image was added"
        flat: NDArray[Any] = np.frombuffer(self._pixels, dtype=np.uint8)
        return flat.reshape(self._count, *self._shape, _CHANNELS[self._kind])

    def _as_asked(self, name: str, image: Image.Image) -> bytes:
        if image.mode not in _NATURAL:
            raise KleiberError(
                f"{name}: pixels of mode {image.mode}; images of 8 bits for each channel are read, convert it"
            )
        turned: Image.Image = ImageOps.exif_transpose(image) if "exif" in image.info else image
        kind = self._mode or _NATURAL[turned.mode]
        shape = self._size or (turned.height, turned.width)
        self._compare(name, kind=kind, shape=shape)
        if turned.mode != kind:
            turned = turned.convert(kind)
        if (turned.height, turned.width) != shape:
            turned = turned.resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
        self._kind, self._shape = kind, shape
        return turned.tobytes()

    def _compare(self, name: str, *, kind: str, shape: tuple[int, int]) -> None:
        if self._kind is not None and kind != self._kind:
            raise KleiberError(
                f"{self._first} is {_WORDS[self._kind]}, {name} is {_WORDS[kind]}; say which all are to be: "
                f"mode = {_WORDS[self._kind]!r}"
            )
        if self._shape is not None and shape != self._shape:
            (h, w), (k, v) = self._shape, shape
            raise KleiberError(
                f"{self._first} is {h} high and {w} wide, {name} is {k} high and {v} wide; say which size all are to "
                f"get: size = [{min(h, k)}, {min(w, v)}]"
            )


def parse_mode(mode: str | None) -> str | None:
    """Give the decoder's name of the option `mode`; raises `KleiberError` for an unknown one."""
    if mode is None:
        return None
    if str(mode).lower() not in _MODES:
        raise KleiberError(f"mode = {mode!r}; it is 'grey', 'RGB' or 'RGBA'")
    return _MODES[str(mode).lower()]


def parse_size(size: Any) -> tuple[int, int] | None:
    """Give the option `size` as `(height, width)`, from `[height, width]` or one number for both."""
    if size is None:
        return None
    pair = [size, size] if isinstance(size, int) else list(size) if isinstance(size, list | tuple) else []
    if len(pair) != 2 or not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in pair):
        raise KleiberError(f"size = {size!r}; it is [height, width] in whole pixels, such as [32, 32]")
    return pair[0], pair[1]
