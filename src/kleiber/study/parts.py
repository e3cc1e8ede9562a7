"""The tables of a study: its data, its sizes and its search."""

from pathlib import Path
from typing import Annotated, Any

from kleiber import plugins
from kleiber.datasets import Raw, given, in_memory

with plugins.needing("run", "running a study"):  # all of it: who says a study will have it run, and hears of it now
    from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

IN_MEMORY = "arrays"  # the source of what was given in memory


def as_written(value: float) -> float:
    """Give a whole number as one, so that 1 and 1.0 are the same stage."""
    return int(value) if value == int(value) else value


class Strict(BaseModel):
    """A table that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Data(BaseModel):
    """The data set: a name or a path, and the options that its loader takes."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    source: str
    """The name of a data set, a folder of images or its archive, a table's file, or `file.py:load` of your own."""

    _held: Raw | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, value: Any) -> Any:
        """Give the table that a name or path stands for, and the data of what is in memory; all else as it is."""
        if not in_memory(value):
            return {"source": str(value)} if isinstance(value, str | Path) else value
        found = given(value)
        data = cls(source=IN_MEMORY, **found.options)
        data._held = found.raw
        return data

    @property
    def held(self) -> Raw | None:
        """What was given in memory."""
        return self._held

    @property
    def options(self) -> dict[str, Any]:
        """What the loader is given besides the source."""
        return dict(self.model_extra or {})


class Place(BaseModel):
    """Where trials run: an executor's name, and the options that its `start` takes."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    name: str
    """"serial", "local", "ray", "dask", "slurm", or another package's."""

    @classmethod
    def of(cls, value: Any) -> Any:
        """Give the table that a name stands for; all else as it is."""
        return {"name": value} if isinstance(value, str) else value

    @property
    def options(self) -> dict[str, Any]:
        """What the executor is given besides workers and limits."""
        return dict(self.model_extra or {})


class Geometric(Strict):
    """Sizes that grow by a factor up to the whole pool; the defaults are the origin's."""

    smallest: float = Field(default=0.005, gt=0)
    """Smallest size: a share of the pool below 1, a number of examples from 1 up."""
    factor: float = Field(default=2.0, gt=1)
    """Each size is so many times the one before."""


class Search(Strict):
    """How hyper-parameters are found at each size."""

    trials: int = Field(default=10, ge=1)
    """Trials at each size, the same everywhere: the expected minimum depends on it."""
    sampler: str = "random"
    """"random", "quasi-random" (points spread evenly over the space, which leaves less to luck) or "tpe"."""
    space: dict[str, Any] = Field(default_factory=dict)
    """The table `[search.space]`: `lr = { low = 1e-4, high = 0.1, log = true }` is a range, `lr = [0.1, 0.01]` a choice."""
    warm_start: bool = False
    """Whether the smaller neighbour's winner is tried first; sizes then wait for each other."""
    generation: int = Field(default=5, ge=1)
    """Trials that the sampler proposes together before it sees their results."""
    stages: list[Annotated[float, Field(gt=0), AfterValidator(as_written)]] = Field(default_factory=list)
    """Epochs at which all trials of a size pause, and only the best `keep` of them go on; empty: each trains to its end.
    Below 1 it is a share of the first epoch."""
    keep: float = Field(default=0.3, gt=0, lt=1)
    """Share of a stage's trials that go on to the next, rounded up."""
    pilot: int = Field(default=0, ge=0)
    """Trials besides at the smallest size, for sampler = "quasi-random". Every size then draws from the fifth of the space
    that they show to be the most promising."""
