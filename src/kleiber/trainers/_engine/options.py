"""The training policy: the `[training]` table of a study whose trainer is PyTorch."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def never(value: Any) -> Any:
    """Give None for "never": TOML has no word for it."""
    return None if value == "never" else value


class Options(BaseModel):
    """The training policy: what every trial of a study shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    length: Literal["early-stop", "epochs", "steps"] = "early-stop"
    """How long a trial trains: until its validation loss rises, for `epochs`, or for `steps`, the same at every size."""
    epochs: int = Field(default=15, ge=1)
    """Largest number of passes over the rung; of an equal number of steps, how often the validation is looked at."""
    steps: int | None = Field(default=None, ge=1)
    """Steps at every size; needed for length = "steps", and only there."""
    patience: int = Field(default=3, ge=1)
    """Rises of the validation loss in a row after which training stops, for length = "early-stop"."""
    hopeless_after: Annotated[int | None, BeforeValidator(never)] = Field(default=3, ge=1)
    """Epochs after which a search trial stops if it is no better than guessing. They count from where the learning rate
    stops rising. "never" stops none."""
    schedule: Literal["constant", "one-cycle", "warm-up"] = "constant"
    """The learning rate along the steps: as it is, up and down once, or up shortly and down along a cosine."""
    augment: tuple[Literal["flip", "shift"], ...] = ()
    """What images become before they are learnt from: mirrored at random, moved at random."""
    watch: int | Literal["auto", "all"] = "auto"
    """Validation examples looked at after each epoch, the same at each. Where a look may stop a trial, "auto" is half the
    rung's, from 1,000 up, and score trials are measured on all. Elsewhere it is an eighth, from 500 up. All trials are then
    measured on a quarter, from 1,000 up. The test set is always measured whole."""
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    """Numbers that a step computes with. On a CPU that multiplies bfloat16, "auto" takes it for convolutions. On a GPU it
    is the faster by the clock with deterministic = false, else float32."""
    deterministic: bool = True
    """Whether a GPU must give the same bits again, trial by trial; the CPU always does. Trials in one pass agree with
    single ones within rounding."""

    @model_validator(mode="after")
    def _steps_where_they_count(self) -> "Options":
        if self.length == "steps" and self.steps is None:
            raise ValueError('length = "steps" needs the number of steps at every size too, such as steps = 5000')
        if self.length != "steps" and self.steps is not None:
            raise ValueError(f'steps = {self.steps} counts with length = "steps" alone; add that, or remove steps')
        if isinstance(self.watch, int) and self.watch < 1:
            raise ValueError(f'watch must be at least 1, "auto" or "all", not {self.watch}')
        return self
