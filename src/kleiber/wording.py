"""How numbers are written for a person: losses, prices, probabilities, sizes."""

import html
import re
from collections.abc import Callable, Sequence

SENTENCES = 5  # that a page or a command shows where nobody asks for all
LONGEST = 1e15  # a number from here on is written with its power of ten


def number(value: float) -> str:
    """Write a loss or a price with three significant digits, a large number in full with thousands separated."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if LONGEST > abs(rounded) >= 100 else f"{rounded:.3g}"


def probability(p: float) -> str:
    """Write a probability in per cent; no posterior is so sure that it tells less than 1 % from nothing."""
    return "under 1 %" if p < 0.01 else "over 99 %" if p > 0.99 else f"{100 * p:.0f} %"


def size(n: float) -> str:
    """Write a number of examples with three significant digits and thousands separated: 12,800."""
    return f"{float(f'{n:.3g}'):,.0f}" if LONGEST > n >= 10 else f"{n:.3g}"


def given(n: float) -> str:
    """Write a number of examples that was measured or asked for: to the unit, where it is a whole number."""
    return f"{n:,.0f}" if float(n).is_integer() and abs(n) < 1e15 else size(n)


def graded(grade: str) -> str:
    """Say how far to rely on what is forecast: firm, rough, a guess."""
    return "a guess" if grade == "guess" else grade


def called(model: str) -> str:
    """Name a model in a sentence; one whose name is a number, such as the 50 of resnet50, gets the word before it."""
    return f"model {model}" if re.fullmatch(r"[\d.,:/+-]*\d[\d.,:/+-]*", model) else model


def unit_of(unit_of_n: str | None) -> str:
    """Say what sizes count, as it follows a number: images, or a part of a pool whose size is not known."""
    return {"share": "times the pool", "percent": "% of the pool"}.get(unit_of_n or "", unit_of_n or "examples")


def for_one(unit_of_n: str | None) -> str:
    """Say what a price buys one of, as it follows the price: an example, or what else sizes count."""
    part = {"share": "for the whole pool", "percent": "for 1 % of the pool"}
    unit = unit_of_n or "examples"
    return "an example" if unit == "examples" else part.get(unit, f"for one of the {unit}")


def trained_on(unit_of_n: str | None) -> str:
    """Say what is trained on, as it follows a number: training examples, or what else sizes count."""
    return f"training {unit_of(unit_of_n)}" if unit_of_n in (None, "", "examples") else unit_of(unit_of_n)


def few(sentences: Sequence[str]) -> str:
    """Give the first sentences, one a line, and say how many more there are: what Python prints of an answer."""
    left = len(sentences) - SENTENCES
    more = [f"({counted(left, 'more sentence')} in .sentences)"] if left > 0 else []
    return "\n".join([*sentences[:SENTENCES], *more])


def paragraphs(sentences: Sequence[str]) -> str:
    """Give the same in HTML, all text escaped, the first in bold: what a notebook shows of an answer."""
    first, *rest = (html.escape(line) for line in few(sentences).split("\n"))
    return f"<div><p><b>{first}</b></p>{''.join(f'<p>{line}</p>' for line in rest)}</div>"


class InWords:
    """An answer that has sentences: Python prints the first of them, and a notebook shows them."""

    __slots__ = ()

    @property
    def sentences(self) -> Sequence[str]:
        """The whole answer, a sentence each."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Give the first sentences, one a line; the numbers are in the fields, and in `to_dict`."""
        return few(self.sentences)

    def _repr_html_(self) -> str:
        """Give the same for a notebook."""
        return paragraphs(self.sentences)


def listed(parts: Sequence[str]) -> str:
    """Write a list with "and" before its last part."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""


def counted(k: float, what: str, write: Callable[[float], str] = given, verb: str = "") -> str:
    """Write a number of things, and what they do: 1 size, 2 sizes, 1 run was, 0.5 months; `write` gives the number."""
    text = write(k)
    one = text == "1"
    return f"{text} {what if one else plural(what)}{f' {agreed(verb, one=one)}' if verb else ''}"


def of_all(k: int, total: int, what: str, verb: str = "is") -> str:
    """Write how many of all things are so, with the verb: 1 of 5 sizes is, 2 of 5 sizes are."""
    return f"{k:,} of {counted(total, what)} {agreed(verb, one=k == 1)}"


def plural(what: str) -> str:
    """Give the name of several things, of which `what` names one: runs, studies, classes."""
    if what.endswith("y") and what[-2] not in "aeiou":
        return f"{what[:-1]}ies"
    return f"{what}{'es' if what.endswith(('s', 'x', 'ch')) else 's'}"


def agreed(verb: str, *, one: bool) -> str:
    """Give a verb, which is that of one thing, as it goes with one or with several: has, have."""
    irregular = {"is": "are", "was": "were", "has": "have"}
    return verb if one else irregular.get(verb, verb.removesuffix("es" if verb.endswith("ches") else "s"))


def duration(seconds: float) -> str:
    """Write a time in the unit that a person would use, to two digits."""
    if seconds < 90:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    value, unit = (seconds / 60, "min") if seconds < 5400 else (seconds / 3600, "h")
    return f"{value:.2g} {unit}" if value < 10 else f"{value:,.0f} {unit}"
