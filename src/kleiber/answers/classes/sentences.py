"""What is said of the parts' gains: which gains most, if the data can tell, and where one levels off."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kleiber.wording import counted, given, listed, probability, unit_of

if TYPE_CHECKING:
    from kleiber.answers.classes.by_class import ByClass

FEW = 3  # names in a sentence
CLEAR = 0.7  # probability from which it is said to gain most without more words
FLOOR = 0.5  # share of a part's loss that its floor is, at the least, to be spoken of
NEAR = 0.1  # probability of gaining most from which a part is among those that may


def of_gains(found: "ByClass") -> Iterator[str]:
    """Give the sentences, the answer first; none asserts why a part levels off."""
    yield from _most(found)
    yield "All runs kept the parts' shares, so they can't show what examples of one part alone would gain."
    if found.by == "class":
        yield "To split labels among classes, run subsets in which one after the other is halved, then `kleiber split`."
    yield from _floor(found)
    refused = [part.name for part in found.parts if part.refused is not None]
    if refused:
        names = listed([*map(repr, refused[:FEW]), *([f"{len(refused) - FEW} more"] if len(refused) > FEW else [])])
        yield f"{names} can't be forecast, and took no part in this comparison."
    if found.known and any(part.count is None for part in found.known):
        yield "How many test examples each part has is unknown, so the luck of the test set is not in this."


def _most(found: "ByClass") -> Iterator[str]:
    between = f"From {given(found.largest)} to {given(found.to)} {unit_of(found.unit_of_n)}"
    if len(found.known) < 2:
        yield f"Which {found.by} gains most can't be told: {counted(len(found.known), 'of them')} could be forecast."
        return
    first = found.known[0]
    if found.named is not None and first.gain is not None:
        gain = found.scale.write_change(first.gain.median, first.gain.low, first.gain.high)
        gains = "gains most" if first.most >= CLEAR else "is the likeliest to gain most"
        yield f"{between}, {found.by} {first.name!r} {gains}, with a probability of {probability(first.most)}."
        yield f"Its {found.scale.name} {_turns(found)} by {gain} if every {found.by} grows in proportion."
        return
    may = [part for part in found.known if part.most >= NEAR][:FEW]
    yield f"{between}, no {found.by} clearly gains most: the runs can't tell them apart."
    if may:
        likely = listed([f"{part.name!r} ({probability(part.most)})" for part in may])
        yield f"The likeliest to gain most: {likely}."


def _turns(found: "ByClass") -> str:
    return "rises" if found.scale.higher_is_better else "falls"


def _floor(found: "ByClass") -> Iterator[str]:
    """Name what may explain the highest floor that the data carry; nothing where they carry none."""
    floors = [(part, part.forecast.floor) for part in found.known if not (part.forecast.flat or part.forecast.turned)]
    certain = [(part, floor) for part, floor in floors if part.now and floor.low >= FLOOR * part.now.median]
    if not certain:
        return
    part, floor = max(certain, key=lambda one: one[1].median)
    level = f"{found.scale.write(floor.median, floor.low, floor.high)}"
    yield (
        f"{found.by.capitalize()} {part.name!r} levels off near {level} (90 % interval "
        f"{found.scale.write_interval(floor.low, floor.high)}), whatever the data."
    )
    yield (
        "Wrong labels may explain that, as may overlapping classes or a small model. Label 100 of its test examples "
        "twice to see."
    )
