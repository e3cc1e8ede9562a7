"""How long a trial trains, and on which batches: legs of a whole number of steps, with a look at the validation after each.

A leg is an epoch, or, at an equal number of steps for all sizes, a share of these. The order of each pass over the rung is
drawn from the trial's seed and the pass's number alone, so that a trial that goes on later sees what it would have seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from kleiber.errors import KleiberError
from kleiber.seeds import derive_seed
from kleiber.trainers._engine.nets import OWN

SHARE = re.compile(r"n/([1-9][0-9]{0,8})")  # of a batch size that follows n


@dataclass(frozen=True, slots=True)
class Length:
    """`total` steps in `legs` as equal as can be, each on a batch of `batch` examples of a rung of `n`."""

    n: int
    batch: int
    legs: int
    total: int

    def first(self, leg: int) -> int:
        """Give the number of the first step of a leg (legs from 1, steps from 0)."""
        return (leg - 1) * self.total // self.legs

    def batches(self, seed: int, leg: int) -> list[torch.Tensor]:
        """Give the examples `(batch,)` of each step of a leg; the last of a pass may be fewer, or one more."""
        each, first, last = steps_of(self.n, self.batch), self.first(leg), self.first(leg + 1)
        found: list[torch.Tensor] = []
        for number in range(first // each, (last - 1) // each + 1):
            generator = torch.Generator().manual_seed(derive_seed(seed, "pass", number))
            order = torch.randperm(self.n, generator=generator)
            of_pass = torch.tensor_split(order, [self.batch * step for step in range(1, each)])
            found += of_pass[max(first - number * each, 0) : last - number * each]
        return found

    def seen(self, legs: int) -> int:
        """Give the number of training examples in so many legs, repeats counted."""
        each = steps_of(self.n, self.batch)
        passes, rest = divmod(self.first(legs + 1), each)
        return passes * self.n + rest * self.batch


def steps_of(n: int, batch: int) -> int:
    """Give the steps of a pass; a single example left over joins the last step: no layer can normalise it alone."""
    return max(1, -(-(n - 1) // batch)) if batch > 1 else n


def length_of(policy: str, legs: int, steps: int | None, n: int, batch: int) -> Length:
    """Give the length that a policy gives a rung: `legs` epochs, or `steps` steps for any size, in `legs` legs at most."""
    if policy != "steps":
        return Length(n, batch, legs, legs * steps_of(n, batch))
    if steps is None:
        raise KleiberError("training.steps: length = 'steps' needs it, the number of steps at every size")
    return Length(n, batch, min(legs, steps), steps)


def batch_size(params: Mapping[str, Any], n: int) -> int:
    """Give the batch size: as said, or, for "n/100", that share of the rung as a power of two from 4 to 64.

    "auto" is "n/100". Fewer examples a step learn more from as many epochs; more of them are faster.
    """
    asked = params.get("batch_size", OWN["batch_size"])
    share = SHARE.fullmatch("n/100" if asked == "auto" else asked) if isinstance(asked, str) else None
    if share:
        return int(min(64, max(4, 2 ** round(np.log2(n / int(share[1]))))))
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise KleiberError(f"batch_size: {asked!r} is no whole number of at least 1, nor 'auto', nor a share as 'n/100'")
    return min(asked, n)
