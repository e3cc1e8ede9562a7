"""The name by which another process finds a class, a function, or what is pickled with them; nothing heavy is imported."""

import inspect
import os
import pickle
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.errors import KleiberError

FACTORY = "Give a function that makes it instead: def make_net(): ..., and net=make_net"


def place(code: Any) -> str:
    """Give where a class or function stands, as `file.py:name` or `module:name`; raises `KleiberError` where in no file."""
    name, module = getattr(code, "__qualname__", ""), getattr(code, "__module__", None) or ""
    if not name or "." in name or "<" in name:
        what = name.rpartition(".")[2] or type(code).__name__
        raise KleiberError(f"net: {what} must stand at the top of a Python file, under a name. {FACTORY}")
    try:
        file = inspect.getsourcefile(code)
    except (TypeError, OSError):  # what a notebook or console defines has no file
        file = None
    if file is None or not Path(file).is_file():
        raise KleiberError(
            f"net: {name} stands in a notebook or console, where workers can't import it. Put it into a file, in a "
            f"notebook by %%writefile nets.py as the first line of its cell; then from nets import {name}"
        )
    installed = Path(file).resolve().is_relative_to(Path(sysconfig.get_paths()["purelib"]).resolve())
    return f"{module}:{name}" if installed or "." in module else f"{Path(file).resolve()}:{name}"


def is_estimator(value: Any) -> bool:
    """Say whether a value is an estimator with scikit-learn's manners, made already."""
    return not isinstance(value, type) and callable(getattr(value, "fit", None)) and hasattr(value, "get_params")


class Pickler(pickle.Pickler):
    """Writes a class or function of the user's own file by its place, so that any worker finds it."""

    def reducer_override(self, obj: Any) -> Any:
        """Give how a class or function is found again; all else as pickle has it."""
        own = isinstance(obj, type | types.FunctionType) and not is_library(obj.__module__)
        return (plugins.load_attribute, (place(obj),)) if own else NotImplemented


def is_library(module: str | None) -> bool:
    """Say whether a module is no code of the user's own: the standard library's, kleiber's, or an installed package's."""
    top = (module or "").partition(".")[0]
    if top in sys.stdlib_module_names - {"__main__"} or top in ("torch", "numpy", "kleiber"):
        return True
    file = getattr(sys.modules.get(top), "__file__", None)
    return file is not None and "site-packages" in Path(file).parts


def write(file: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}-{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(file)
