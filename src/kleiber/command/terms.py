"""What an advice is asked, as options: money, months and what is owned; `plan` takes them, `report` for its decision."""

from typing import Annotated, Any

import typer

from kleiber.command.asked import numbers
from kleiber.errors import KleiberError

VALUE = typer.Option(
    "--value",
    help="Value of lowering the loss by 0.01 (an accuracy in percent: by 1 point), over the model's whole life.",
)
Months = Annotated[float | None, typer.Option(help="Months that engineers would work.")]
CostPerMonth = Annotated[float | None, typer.Option(help="Cost of one month of these engineers.")]
Gain = Annotated[
    str | None, typer.Option(help="Share of the reducible loss that they remove, as an 80 % range, such as 0,0.3.")
]
Deadline = Annotated[float | None, typer.Option(help="Months until a better model loses its value.")]
Discount = Annotated[float, typer.Option(help="Discount rate a year: 0.08 is 8 %.")]
Owned = Annotated[float | None, typer.Option(help="Examples owned. Default: the largest size measured.")]
Available = Annotated[float | None, typer.Option(help="Examples that exist in all, those owned included.")]
Speed = Annotated[float | None, typer.Option("--speed", help="Examples that can be labelled in a month.")]


def gain_of(text: str | None) -> tuple[float, float] | None:
    """Read the two ends of a gain."""
    if text is None:
        return None
    found = numbers(text, "--gain")
    if len(found) != 2:
        raise KleiberError(f"--gain: '{text}' is not a range; write the low end and the high end, as in 0,0.3")
    return found[0], found[1]


def given(terms: dict[str, Any]) -> dict[str, Any]:
    """Give the terms that somebody gave; a discount of nothing is none."""
    return {name: value for name, value in terms.items() if value is not None and (name, value) != ("discount", 0.0)}
