"""The command's words for a mistake: options of its own signature in place of arguments, and plain words left alone."""

from typing import Annotated

import pytest
import typer

from kleiber.command import answers
from kleiber.command.options import in_options, named_by_options, options_of
from kleiber.errors import KleiberError


def command(
    source: str,
    price_per_example: Annotated[float, typer.Option("--price", help="What it costs.")],
    model: Annotated[str | None, typer.Option(help="Which.")] = None,
    cost_per_month: Annotated[float, typer.Option(help="Of engineers.")] = 0.0,
    unit: Annotated[str, typer.Option("--unit", "-u")] = "",
    anyway: Annotated[bool, typer.Option("--anyway")] = False,
) -> None:
    """Raise what is wrong with the price."""
    raise KleiberError(f"price_per_example is {price_per_example}")


OPTIONS = {
    "price_per_example": "--price", "model": "--model", "cost_per_month": "--cost-per-month", "unit": "--unit",
    "anyway": "--anyway",
}  # fmt: skip


def test_options_are_read_from_the_signature() -> None:
    assert options_of(command) == OPTIONS
    assert options_of(answers.plan)["value_per_point"] == "--value"
    assert options_of(answers.next_run)["cost_per_example"] == "--cost"


@pytest.mark.parametrize(
    ("python", "shell"),
    [
        ("model is missing: a model has months", "--model is missing: a model has months"),
        ("choose one by model=: model='a b', model='c'", "choose one by --model: --model 'a b', --model c"),
        ("say up=True (--up); else up=False (--no-up)", "say --up; else --no-up"),
        ("write --up --unit 0 (in Python, up=True, unit=0)", "write --up --unit 0"),
        ("there is none with model=None", "there is none with no --model"),
        ("give cost_per_month and price_per_example", "give --cost-per-month and --price"),
        ("name it: unit='percent' (--unit percent)", "name it: --unit percent"),
        ("write --column loss=f1 (in Python column={'loss': 'f1'})", "write --column loss=f1"),
        ("pick one by model= (--model), or all: anyway=True (--anyway)", "pick one by --model, or all: --anyway"),
        ("the model of my_model and n=3", "the model of my_model and n=3"),
        ("write --column model=net, or --where model=a", "write --column model=net, or --where model=a"),
        ("write --column 'model=my net' --column unit=u", "write --column 'model=my net' --column unit=u"),
    ],
)
def test_an_argument_becomes_its_option_and_words_stay(python, shell) -> None:
    assert in_options(python, {**OPTIONS, "up": "--up/--no-up"}) == shell


def test_a_command_raises_the_same_mistake_in_its_own_words() -> None:
    with pytest.raises(KleiberError, match=r"^--price is 3"):
        named_by_options(command)("runs.csv", 3)
    assert named_by_options(command).__doc__ == command.__doc__
