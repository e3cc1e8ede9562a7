"""How long a trial trains, and on which batches: legs of a whole number of steps, with a look at the validation after each.

A leg is an epoch, or, at an equal number of steps for all sizes, a share of these. The order of each pass over the rung is
drawn from the trial's seed and the pass's number alone, so that a trial that goes on later sees what it would have seen.
What is only counted here, for a study's cost, needs no PyTorch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.trainers._engine.batch import batch_size
from kleiber.trainers._engine.options import Options

if TYPE_CHECKING:
    import torch


LEAST = 100  # steps before a pause within an epoch, where it has so many: fewer tell good draws from bad ones by luck


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

    def within(self, leg: int, share: float) -> int:
        """Give the number of steps in a share of a leg: `LEAST` of them or all, where there would be fewer."""
        steps = self.first(leg + 1) - self.first(leg)
        return min(max(round(share * steps), LEAST), steps)

    def batches(self, seed: int, leg: int, share: float = 1.0) -> "list[torch.Tensor]":
        """Give the examples `(batch,)` of each step of a leg, or of the first share of it; the last of a pass may be fewer,
        or one more."""
        each, first = steps_of(self.n, self.batch), self.first(leg)
        last = first + self.within(leg, share)
        found: list[torch.Tensor] = []
        for number in range(first // each, (last - 1) // each + 1):
            order = plugins.heavy("trainers._engine.order").of_pass(seed, number, self.n)
            of_pass = order.tensor_split([self.batch * step for step in range(1, each)])
            found += of_pass[max(first - number * each, 0) : last - number * each]
        return found

    def seen(self, legs: int, begun: int = 0) -> int:
        """Give the number of training examples in so many legs and the steps that have begun another, repeats counted."""
        each = steps_of(self.n, self.batch)
        passes, rest = divmod(self.first(legs + 1) + begun, each)
        return passes * self.n + rest * self.batch


def length_for(params: Mapping[str, Any], n: int, options: Options) -> Length:
    """Give how long a net trains at most on a rung of n."""
    return length_of(options.length, options.epochs, options.steps, n, batch_size(params, n))


def steps_of(n: int, batch: int) -> int:
    """Give the steps of a pass; a single example left over joins the last step: no layer can normalise it alone."""
    return max(1, -(-(n - 1) // batch)) if batch > 1 else n


def length_of(policy: str, legs: int, steps: int | None, n: int, batch: int) -> Length:
    """Give the length that a policy gives a rung: `legs` epochs, or `steps` steps for any size, in `legs` legs at most."""
    if policy != "steps":
        return Length(n, batch, legs, legs * steps_of(n, batch))
    if steps is None:
        raise KleiberError('[training] steps: length = "steps" needs the number of steps too, such as steps = 5000')
    return Length(n, batch, min(legs, steps), steps)
