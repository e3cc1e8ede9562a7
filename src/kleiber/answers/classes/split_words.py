"""What is said of a split of labels: who gets how many, what that saves, and what it assumes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kleiber.wording import given, listed, probability

if TYPE_CHECKING:
    from kleiber.answers.classes.split import Split

FEW = 3  # classes in a sentence
HOW = "Train on all, on subsets with one class after the other halved, and on a half and a quarter of all, three runs each."


def of_split(found: "Split") -> Iterator[str]:
    """Give the sentences, the split first."""
    order = sorted(found.to_each, key=lambda name: -found.to_each[name].median)
    told = [(name, found.to_each[name]) for name in order[:FEW]]
    first, *rest = (f"{given(round(one.median))} to {name!r} ({_ends(one.low, one.high)})" for name, one in told)
    yield f"Of the next {given(found.labels)} labels, give {first}, with 90 % intervals in brackets."
    if rest:
        left = len(order) - FEW
        yield f"Give {listed([*rest, *([f'the rest to {left} others'] if left > 0 else [])])}."
    saving = found.saving
    yield (
        f"The loss is then {100 * saving.median:.2g} % lower than with as many labels in the present shares (90 % interval "
        f"{100 * saving.low:.2g} to {100 * saving.high:.2g} %)."
    )
    yield f"It is lower with a probability of {probability(found.sure)}."
    yield (
        f"Of {found.mixes} mixes, each hidden once, the classes explained {100 * found.skill:.0f} % of what the total size "
        "leaves."
    )
    yield "This assumes that each class lowers the loss by its own number alone, whatever the other classes have."


def _ends(low: float, high: float) -> str:
    return f"{given(round(low))} to {given(round(high))}"
