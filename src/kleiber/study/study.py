"""A study: what to run, said once, in Python or TOML. Nothing here has an effect."""

import difflib
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

from kleiber import ladder, plugins
from kleiber.errors import KleiberError
from kleiber.records import canonical
from kleiber.space import Space, parse_space
from kleiber.study.search import SAMPLERS
from kleiber.trainers import trainer_of
from kleiber.trainers._function import reference

with plugins.needing("run"):  # all of it: whoever says a study has it run, and hears here what is missing
    from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

EPOCHS = 15  # where a trainer of the user's own does not say


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(BaseModel):
    """The data set: a name or a path, and the options that its loader takes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    source: str
    """A name (`kleiber` lists them in the error for an unknown one), a folder of images, or a table."""

    @property
    def options(self) -> dict[str, Any]:
        """What the loader is given besides the source."""
        return dict(self.model_extra or {})


class Geometric(_Model):
    """Sizes that grow by a factor up to the whole pool; the defaults are the origin's."""

    smallest: float = Field(default=0.005, gt=0)
    """Smallest size: a share of the pool below 1, a number of examples from 1 up."""
    factor: float = Field(default=2.0, gt=1)
    """Each size is so many times the one before."""


class Search(_Model):
    """How hyper-parameters are found at each size."""

    trials: int = Field(default=10, ge=1)
    """Trials at each size, the same everywhere: the expected minimum depends on it."""
    sampler: str = "random"
    """"random" or "tpe"."""
    space: dict[str, Any] = Field(default_factory=dict)
    """Ranges and choices by name; empty: no search, the fixed `params` are scored."""
    warm_start: bool = False
    """Whether the smaller neighbour's winner is tried first; sizes then wait for each other."""
    generation: int = Field(default=5, ge=1)
    """Trials that are proposed together before the sampler is told their results."""
    stages: list[Annotated[int, Field(ge=1)]] = Field(default_factory=list)
    """Epochs at which all trials of a size pause, and only the best `keep` of them go on; empty: each trains to its end."""
    keep: float = Field(default=0.3, gt=0, lt=1)
    """Share of a stage's trials that go on to the next, rounded up."""


def _as_data(value: Any) -> Any:
    return {"source": str(value)} if isinstance(value, str | Path) else value


def _as_trainer(value: Any) -> Any:
    return reference(value) if callable(value) else value


class Study(_Model):
    """What to run: the data, the net, the sizes, the search at each size and the replicates that are scored."""

    name: str = Field(default="study", min_length=1, max_length=200)
    """By what name the ledger keeps it."""
    data: Annotated[Data, BeforeValidator(_as_data)]
    """A data set's name or path, or a table with `source` and the loader's options."""
    net: str = "lenet"
    """A net of the folder, or the user's own as `file.py:Name`."""
    trainer: Annotated[str, BeforeValidator(_as_trainer)] = "torch"
    """A trainer of the folder, or the user's own: a decorated function, or `file.py:name`."""
    sizes: list[int] | Geometric = Geometric()
    """Numbers of training examples."""
    max_n: int | None = Field(default=None, ge=1)
    """Sizes above it are left out."""
    replicates: int = Field(default=3, ge=1)
    """Fresh subsets on which each size's winner is trained again and scored."""
    seeds_per_subset: int = Field(default=1, ge=1)
    """Fresh seeds on each of these subsets, so that the noise of training and of the subset can be told apart."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Hyper-parameters that are fixed."""
    search: Search = Search()
    training: dict[str, Any] = Field(default_factory=dict)
    """The trainer's options, such as `epochs` and `patience`."""
    metric: str = "loss"
    """What the search minimises on the validation set; lower is better."""
    metrics: list[str] = Field(default_factory=list)
    """What is measured besides, by name."""
    seed: int = 0
    """From which all else that is random is derived."""
    diverged_above: float | None = Field(default=100.0, gt=1)
    """A finite validation loss above so many times that of guessing counts as diverged; None: none does."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds after which a trial is killed; None: never."""
    keep_weights: bool = False
    """Whether the score trials' weights are kept beside the ledger, as safetensors."""

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise KleiberError(_explain(error, type(self))) from None
        _check(self)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a study from a TOML file; its name is the file's where it gives none. Paths in it start at its folder."""
        file = Path(path)
        try:
            fields = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise KleiberError(f"there is no study file {file}") from None
        except OSError as error:
            raise KleiberError(f"{file} cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise KleiberError(f"{file}: not valid TOML: {error}") from None
        try:
            return cls(**_rooted({"name": file.stem, **fields}, file.parent))
        except KleiberError as error:
            raise KleiberError(f"{file}: {error}") from None

    def changed(self, **fields: Any) -> Self:
        """Give the study with some fields changed, validated again."""
        return type(self)(**{**{key: getattr(self, key) for key in self.model_fields_set}, **fields})

    @property
    def space(self) -> Space:
        """The search space; empty where nothing is searched."""
        return parse_space(self.search.space)

    def sizes_for(self, pool: int) -> list[int]:
        """Give the sizes for a pool of so many examples, in growing order, none above `max_n`."""
        sizes = self.sizes
        if isinstance(sizes, Geometric):
            sizes = ladder.geometric(pool, smallest=sizes.smallest, factor=sizes.factor)
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
        return {**self.context(fingerprint), "params": self.params, "search": searched, "seed": self.seed}

    @property
    def epochs(self) -> int:
        """Epochs that a trial has at most; of an equal number of steps, looks at the validation."""
        return int(getattr(trainer_of(self.trainer).Options(**self.training_options()), "epochs", EPOCHS))

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
    return Study(**{"name": name, **tomllib.loads(files[name].read_text(encoding="utf-8")), **fields})


def _check(study: Study) -> None:
    space = study.space
    if study.search.sampler not in SAMPLERS:
        raise KleiberError(f"search.sampler: unknown sampler {study.search.sampler!r}; there are {', '.join(SAMPLERS)}")
    both = sorted(set(space) & set(study.params))
    if both:
        raise KleiberError(f"params.{both[0]}: it is fixed and searched at once; name it in params or in search.space")
    if not all(character.isprintable() for character in study.name):
        raise KleiberError(f"name: {study.name!r} holds a character that cannot be printed")
    options = trainer_of(study.trainer).Options
    try:
        options(**study.training_options())
    except ValidationError as error:
        raise KleiberError(_explain(error, options, "training.")) from None
    _check_stages(study)
    try:
        canonical(study.model_dump(mode="json"))
    except (TypeError, ValueError) as error:
        raise KleiberError(f"a value of the study is neither text, a finite number nor a list of these: {error}") from None


def _check_stages(study: Study) -> None:
    stages, trainer = study.search.stages, trainer_of(study.trainer)
    if not stages:
        return
    if not getattr(trainer, "PAUSES", False):
        raise KleiberError(f"search.stages: the trainer {study.trainer!r} cannot pause a trial; leave stages empty")
    if stages != sorted(set(stages)):
        raise KleiberError(f"search.stages: {stages} are epochs, each larger than the one before")
    if stages[-1] >= study.epochs:
        raise KleiberError(f"search.stages: a trial has {study.epochs} epochs, so that it cannot pause after {stages[-1]}")


def _explain(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """Say for each wrong key where it is, what is wrong and, for an unknown one, what was probably meant."""
    inner: dict[str, type[BaseModel]] = {"search": Search, "sizes": Geometric}
    lines = []
    for problem in error.errors():
        where = [str(part) for part in problem["loc"] if part not in ("Geometric", "list[int]")]
        if problem["type"] == "extra_forbidden":
            holder = inner.get(where[0], model) if len(where) > 1 else model
            said = f"unknown key{_near(where[-1], list(holder.model_fields))}"
        elif problem["type"] == "missing":
            said = "this key is missing"
        else:
            said = f"{problem['msg'][0].lower()}{problem['msg'][1:]}, not {problem['input']!r}"
        lines.append(f"{prefix}{'.'.join(where)}: {said}")
    return "; ".join(dict.fromkeys(lines))


def _near(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else f"; known: {', '.join(known) or 'none'}"


def _rooted(fields: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Let the paths that a study's file names start at the file's own folder; the name of a plug-in is no path."""

    def rooted(value: Any, kind: str = "") -> Any:
        place = value.partition(":")[0] if isinstance(value, str) else ""
        if not place or (kind and value in plugins.names(kind)) or not (folder / place).exists():
            return value
        return f"{(folder / place).resolve()}{value[len(place) :]}"

    out = dict(fields)
    for key, kind in (("net", "nets"), ("trainer", "trainers"), ("data", "datasets")):
        if key in out:
            out[key] = rooted(out[key], kind)
    for key, inner, kind in (("data", "source", "datasets"), ("training", "table", "")):
        if isinstance(out.get(key), dict) and inner in out[key]:
            out[key] = {**out[key], inner: rooted(out[key][inner], kind)}
    return out
