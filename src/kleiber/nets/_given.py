"""A net that is given as a module, its class or a function that makes it: the name by which a worker finds it.

A class or function is found in its file. A module is kept in the user's cache without its weights: each trial takes a copy
whose weights its layers draw afresh, by `reset_parameters`.
"""

import copy
import hashlib
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kleiber import plugins
from kleiber.datasets._cache import cache_folder
from kleiber.errors import KleiberError
from kleiber.nets._place import FACTORY, Pickler, is_library, place, write
from kleiber.records import digest

_BASE = frozenset(vars(nn.Module()))
_TEMPLATE = '''"""The net {name}, given to kleiber.Study as a module: each trial takes it with fresh weights."""

from kleiber.nets._given import restored

STRUCTURE = "{structure}"


def {name}():
    """Give the net with fresh weights."""
    return restored(__file__)
'''


def reference(net: Any) -> str:
    """Give the `file.py:name` or `module:name` of a net; raises `KleiberError` where another process could not find it."""
    if isinstance(net, nn.Module):
        return _kept(net)
    return place(net)


def restored(file: str) -> nn.Module:
    """Give the module that is kept beside a file, with fresh weights from PyTorch's generator."""
    net: nn.Module = pickle.loads(Path(file).with_suffix(".pkl").read_bytes())
    _with_parameters(net, lambda old: torch.empty_like(old, device="cpu"))
    for module in net.modules():
        if resets := _reset_of(module):
            resets()
    return net


def _kept(net: nn.Module) -> str:
    """Keep a module without its weights in the user's cache, and give the file that makes it anew."""
    name = type(net).__name__
    _refuse_what_would_be_lost(net)
    structure = _structure(net)
    file = cache_folder("nets") / structure[:16] / f"{name}.py"  # the file's name is the model's in all that is told
    bare = copy.deepcopy(net)
    _with_parameters(bare, lambda old: torch.empty_like(old, device="meta"))
    buffer = io.BytesIO()
    try:
        Pickler(buffer).dump(bare)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise KleiberError(f"net: {name} can't be sent to workers ({error}). {FACTORY}") from error
    write(file.with_suffix(".pkl"), buffer.getvalue())
    write(file, _TEMPLATE.format(name=name, structure=structure).encode())
    return f"{file}:{name}"


def _refuse_what_would_be_lost(net: nn.Module) -> None:
    """Refuse a module whose weights could not be drawn afresh, or should not be."""
    for name, module in net.named_modules():
        if any(True for _ in module.parameters(recurse=False)) and _reset_of(module) is None:
            where = f"{type(module).__name__}{f' ({name})' if name else ''}"
            raise KleiberError(
                f"net: {where} has weights of its own and no reset_parameters(), so a trial can't begin afresh. {FACTORY}"
            )
    if frozen := [name for name, each in net.named_parameters() if not each.requires_grad]:
        raise KleiberError(
            f"net: the weights {frozen[0]} are frozen, but a module is taken with fresh weights, and what it learnt before "
            f"is lost. {FACTORY}"
        )


def _reset_of(module: nn.Module) -> Callable[[], Any] | None:
    found = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
    return found if callable(found) else None


def _with_parameters(net: nn.Module, make: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Replace the parameters of all layers; those that are shared stay shared."""
    made: dict[int, nn.Parameter] = {}
    for module in net.modules():
        for name, old in module.named_parameters(recurse=False, remove_duplicate=False):
            if not nn.parameter.is_lazy(old):
                new = made.setdefault(id(old), nn.Parameter(make(old.detach())))
                setattr(module, name, new)


def _structure(net: nn.Module) -> str:
    """Give the hash of all that makes the net what it is, but for its weights: layers, settings, buffers and code."""
    layers, codes = [], {}
    for name, module in net.named_modules():
        kind = type(module)
        own = {key: _plain(value) for key, value in vars(module).items() if key not in _BASE}
        layers.append(
            [name, kind.__qualname__, own, [[key, _shape(p)] for key, p in module.named_parameters(recurse=False)]]
        )
        if not is_library(kind.__module__):
            codes[kind.__qualname__] = plugins.source_digest(place(kind))
    buffers = [[name, _shape(b), hashlib.sha256(_bytes(b)).hexdigest()] for name, b in net.named_buffers()]
    return digest([layers, buffers, codes])


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return [[str(key), _plain(each)] for key, each in value.items()]
    plain = value is None or isinstance(value, bool | int | float | str)
    return repr(value) if plain else getattr(value, "__qualname__", type(value).__qualname__)


def _shape(tensor: torch.Tensor) -> str:
    return "lazy" if nn.parameter.is_lazy(tensor) else f"{tuple(tensor.shape)} {tensor.dtype}"


def _bytes(tensor: torch.Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().numpy().tobytes()
