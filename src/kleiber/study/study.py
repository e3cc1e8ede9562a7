"""A study: what to run, said once, in Python or TOML. Nothing is run, and nothing written but a net given as a module."""

import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from types import FunctionType
from typing import Annotated, Any, Self

from kleiber import ladder, plugins
from kleiber.datasets._several import is_pattern
from kleiber.errors import KleiberError
from kleiber.nets._place import is_estimator, place
from kleiber.records import canonical
from kleiber.space import Space, parse_space
from kleiber.study.checks import check_keys
from kleiber.study.faults import Fault, WrongStudyError
from kleiber.study.parts import Data, Geometric, Place, Search, Strict
from kleiber.study.search import QUASI, SAMPLERS
from kleiber.study.written import Written, unquoted
from kleiber.trainers import trainer_of
from kleiber.trainers._engine.options import never
from kleiber.trainers._function import reference

with plugins.needing("run", "running a study"):
    from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError

EPOCHS = 15  # where a trainer of the user's own does not say


def _as_net(value: Any) -> Any:
    if isinstance(value, type | FunctionType):
        return place(value)
    if is_estimator(value):
        return plugins.heavy("trainers._estimator").reference_of(value)
    return plugins.heavy("nets._given").reference(value) if callable(value) else value


def _as_trainer(value: Any) -> Any:
    return reference(value) if callable(value) else value


class Study(Strict):
    """What to run: the data, the net, the sizes, the search at each size and the replicates that are scored."""

    name: str = Field(default="study", min_length=1, max_length=200)
    """By what name the ledger keeps it; in a file without it, the file's name."""
    data: Annotated[Data, BeforeValidator(Data.of)]
    """A data set's name, a folder of images or a table's file; with options, the table `[data]`."""
    net: Annotated[str, BeforeValidator(_as_net)] = "lenet"
    """"lenet", "mlp", "linear", or one of your own: "file.py:Name"; in Python also a module, its class, or a function
    that makes it. A module is taken with fresh weights in each trial, drawn by its layers' `reset_parameters`.
    `module` is another name of this key, for what other trainers train: an estimator or a backbone."""
    trainer: Annotated[str, BeforeValidator(_as_trainer)] = "torch"
    """"torch", "sklearn", "lightning", "huggingface", "keras", "features", "finetune", "kernel", "replay", or a decorated
    function of your own: "file.py:name"."""
    sizes: list[int] | Geometric = Geometric()
    """Numbers of training examples, such as [100, 200, 400], or the table `[sizes]`: sizes that grow by a factor."""
    max_n: int | None = Field(default=None, ge=1)
    """Sizes above it are left out; not set: none is."""
    replicates: int = Field(default=3, ge=1)
    """Fresh subsets on which each size's winner is trained again and scored."""
    searches: int = Field(default=1, ge=1)
    """Times that the whole search of each size is done, each with its own draws, winner and scores. How far the winners
    differ is the luck of a search; a number above 1 measures it, and can be set later."""
    seeds_per_subset: int = Field(default=1, ge=1)
    """Fresh seeds on each of these subsets, so that the noise of training and of the subset can be told apart."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Hyper-parameters that are fixed: the table `[params]`."""
    search: Search = Search()
    """How hyper-parameters are found at each size: the table `[search]`."""
    training: dict[str, Any] = Field(default_factory=dict)
    """The trainer's options: the table `[training]`."""
    metric: str = "loss"
    """What the search minimises on the validation set; lower is better."""
    metrics: list[str] = Field(default_factory=list)
    """What is measured besides, such as ["balanced_error", "top5_error"], or "mae" of a regression."""
    seed: int = 0
    """From which all else that is random is derived."""
    diverged_above: Annotated[float | None, BeforeValidator(never)] = Field(default=100.0, gt=1)
    """A finite validation loss above so many times that of guessing counts as diverged; "never": none does."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds after which a trial is killed; not set: never."""
    memory_gb: float | None = Field(default=None, gt=0)
    """Gigabytes that a worker may have for its data; not set: as much as there is."""
    keep_weights: bool = False
    """Whether the weights of the score trials are kept, as safetensors in the folder LEDGER.weights."""
    executor: Annotated[Place | None, BeforeValidator(Place.of)] = Field(default=None, exclude=True)
    """Where trials run: a name, or the table `[executor]`; `--executor` overrides it, and it changes no result."""

    _written: Written = PrivateAttr(default_factory=Written)

    def __init__(self, *, _written: Written | None = None, **fields: Any) -> None:
        written, error = _written or Written(), None
        fields = _with_module(fields)
        made = {"data": Data.of, "net": _as_net, "trainer": _as_trainer}
        fields = {key: made[key](value) if key in made else value for key, value in fields.items()}
        try:
            super().__init__(**fields)
        except ValidationError as found:
            error = found
        check_keys(fields, error, type(self), written)
        self._written = written
        _check(self)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a study from a TOML file; its name is the file's where it gives none. Paths in it start at its folder."""
        file = Path(path)
        try:
            text = file.read_text(encoding="utf-8")
            fields = tomllib.loads(text)
        except FileNotFoundError:
            raise KleiberError(f"there is no study file {file}") from None
        except OSError as error:
            raise KleiberError(f"{file} cannot be read: {error.strerror}") from None
        except tomllib.TOMLDecodeError as error:
            raise KleiberError(f"{file}: not valid TOML: {error}{unquoted(text, str(error))}") from None
        except UnicodeDecodeError as error:
            raise KleiberError(f"{file}: not valid TOML: {error}; save it as UTF-8") from None
        return cls(_written=Written(file, text), **_rooted({"name": file.stem, **fields}, file.parent))

    def changed(self, **fields: Any) -> Self:
        """Give the study with some fields changed, validated again."""
        same = {key: getattr(self, key) for key in self.model_fields_set}
        return type(self)(_written=self._written, **{**same, **fields})

    @property
    def limits(self) -> dict[str, float | None]:
        """What a trial may take of a worker, as an executor's `start` has it."""
        return {"timeout": self.timeout, "memory_gb": self.memory_gb}

    @property
    def written(self) -> Written:
        """How it was written: messages give lines that work there."""
        return self._written

    @property
    def space(self) -> Space:
        """The search space; empty where nothing is searched."""
        return parse_space(self.search.space)

    def sizes_for(self, pool: int) -> list[int]:
        """Give the sizes for a pool of so many examples, in growing order, none above `max_n`."""
        sizes = self.sizes
        if isinstance(sizes, Geometric):
            sizes = ladder.geometric(pool, smallest=sizes.smallest, factor=sizes.factor)
        if not sizes:
            raise KleiberError(f"sizes: there is none; name some, such as {self.written.line('sizes', [100, 200, 400])}")
        within = sorted(n for n in sizes if self.max_n is None or n <= self.max_n)
        if not within:
            raise KleiberError(f"max_n: {self.max_n} leaves no size; the smallest is {min(sizes)}")
        return within

    def context(self, fingerprint: str) -> dict[str, Any]:
        """Give all that each trial of the study has in common, and that decides its result."""
        options = trainer_of(self.trainer).Options(**self.training_options())
        return {
            "data": fingerprint,
            "net": plugins.source_digest(self.net),
            "trainer": plugins.source_digest(self.trainer),
            "training": {k: v for k, v in options.model_dump(mode="json").items() if k != "function"},
            "diverged_above": self.diverged_above,
            "metric": self.metric,
            "metrics": sorted(self.metrics),
        }

    def identity(self, fingerprint: str) -> dict[str, Any]:
        """Give what makes it this study and no other: all but names and budgets."""
        searched = {key: value for key, value in self.search.model_dump().items() if key != "trials"}
        if not self.search.pilot:  # as studies of earlier versions have it
            del searched["pilot"]
        return {**self.context(fingerprint), "params": self.params, "search": searched, "seed": self.seed}

    @property
    def epochs(self) -> int:
        """Epochs that a trial has at most; of an equal number of steps, looks at the validation."""
        return int(getattr(trainer_of(self.trainer).Options(**self.training_options()), "epochs", None) or EPOCHS)

    def training_options(self) -> dict[str, Any]:
        """Give the `[training]` table as the trainer's `Options` take it."""
        return {**self.training, "function": self.trainer} if ":" in self.trainer else self.training


def preset(name: str, /, **fields: Any) -> Study:
    """Give a study that comes with kleiber: "demo", "origin", "origin-exact" or "origin-fixed", with fields changed."""
    files = {
        Path(file.name).stem: file for file in resources.files("kleiber.presets").iterdir() if file.name[-5:] == ".toml"
    }
    if name not in files:
        raise KleiberError(f"unknown preset {name!r}: there are {', '.join(sorted(files))}")
    text = files[name].read_text(encoding="utf-8")
    return Study(_written=Written(text=text), **{"name": name, **tomllib.loads(text), **fields})


def _with_module(fields: dict[str, Any]) -> dict[str, Any]:
    """Let `module` stand for `net`, and an estimator name its trainer."""
    if "module" not in fields:
        return fields
    if "net" in fields:
        raise KleiberError("module: it is another name of net; give one of the two")
    rest = {"net" if key == "module" else key: value for key, value in fields.items()}
    return {"trainer": "sklearn", **rest} if is_estimator(rest["net"]) else rest


def _check(study: Study) -> None:
    """Refuse values that are each right and do not go together."""
    faults = []
    if study.search.sampler not in SAMPLERS:
        samplers = " or ".join(f'"{name}"' for name in SAMPLERS)
        faults.append(Fault("search", "sampler", f"must be {samplers}, not {study.search.sampler!r}"))
    if study.search.pilot and study.search.sampler != QUASI:
        faults.append(Fault("search", "pilot", f'goes with sampler = "{QUASI}"; write that, or remove this line'))
    if study.searches > 1 and not study.search.space:
        said = "repeats a search, and nothing is searched; list what to search under [search.space], or remove this line"
        faults.append(Fault("", "searches", said))
    for name in sorted(set(study.search.space) & set(study.params)):
        faults.append(Fault("params", name, "is fixed here and searched under [search.space]; remove it from one of them"))
    if not all(character.isprintable() for character in study.name):
        faults.append(Fault("", "name", f"{study.name!r} holds a character that can't be printed; leave it out"))
    faults += [Fault("search", "stages", said) for said in _wrong_stages(study)]
    try:
        canonical(study.model_dump(mode="json"))
    except (TypeError, ValueError) as error:
        said = f"a value is neither text, nor a finite number, nor a list or table of these: {error}"
        faults.append(Fault("", "", said))
    if faults:
        raise WrongStudyError(faults, study.written)


def _wrong_stages(study: Study) -> Iterator[str]:
    stages, trainer = study.search.stages, trainer_of(study.trainer)
    if not stages:
        return
    if not getattr(trainer, "PAUSES", False):
        yield f"the trainer {study.trainer!r} can't pause a trial; remove this line"
    elif stages != sorted(set(stages)):
        yield f"each stage must come after the one before: {study.written.line('stages', sorted(set(stages)))}"
    elif between := [stage for stage in stages if stage > 1 and stage % 1]:
        yield f"a trial can pause within its first epoch alone, so {between[0]:g} must be a whole number"
    elif stages[-1] >= study.epochs:
        last = study.epochs - 1
        yield f"a trial has {study.epochs} epochs, so it can't pause after {stages[-1]}; the last stage is at most {last}"


def _rooted(fields: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Let the paths that a study's file names start at the file's own folder; the name of a plug-in is no path."""

    def rooted(value: Any, kind: str = "") -> Any:
        place = plugins.parted(value)[0] if isinstance(value, str) else ""
        if (
            not place
            or (kind and value in plugins.names(kind))
            or not ((folder / place).exists() or is_pattern(folder / place))
        ):
            return value
        return f"{(folder / place).resolve()}{value[len(place) :]}"

    out = dict(fields)
    for key, kind in (("net", "nets"), ("module", "nets"), ("trainer", "trainers"), ("data", "datasets")):
        if key in out:
            out[key] = rooted(out[key], kind)
    for key, inner, kind in (("data", "source", "datasets"), ("data", "path", ""), ("training", "table", "")):
        if isinstance(out.get(key), dict) and inner in out[key]:
            out[key] = {**out[key], inner: rooted(out[key][inner], kind)}
    return out
