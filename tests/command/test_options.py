"""The command's words for a mistake: options of its own signature in place of arguments, and plain words left alone."""

import inspect
from typing import Annotated

import pytest
import typer

import kleiber
from kleiber.answers.next.design import next_run
from kleiber.answers.plan.decide import plan
from kleiber.command import answers, studies
from kleiber.command.asked_of_run import KEYS
from kleiber.command.cli import main
from kleiber.command.options import in_options, keys_named_by, named_by_options, options_of
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
        ("unit is (0.4, 0.1): such as (0.0, 0.3), not (0.5)", "--unit is 0.4,0.1: such as 0,0.3, not 0.5"),
        ("model=[3.0, -5.5]: (see the 90 % interval)", "--model 3,-5.5: (see the 90 % interval)"),
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


@pytest.mark.parametrize(
    ("command", "library", "told"),
    [
        (
            answers.forecast,
            kleiber.analyse,
            {"value_per_point", "terms", "calibration", "random_state", "what_if", "effects"},
        ),
        (answers.report, kleiber.analyse, {"terms", "calibration", "random_state", "what_if", "effects"}),
        (answers.compare, kleiber.compare, {"laws", "calibration", "random_state", "watch"}),
        (answers.plan, plan, {"random_state"}),
        (answers.next_run, next_run, {"question", "tolerance", "decided", "random_state"}),
    ],
)
def test_each_argument_of_the_library_has_its_option_under_its_own_name(command, library, told) -> None:
    """So every message that names an argument names an option; `told` are those that the command does not take."""
    options, arguments = options_of(command), list(inspect.signature(library).parameters)[1:]
    assert {name for name in arguments if name not in options} == told


@pytest.mark.parametrize("command", ["forecast", "report"])
def test_a_price_without_a_target_names_the_options(command, tmp_path, capsys) -> None:
    table = tmp_path / "runs.csv"
    table.write_text("n,loss\n100,1.0\n200,0.8\n400,0.65\n800,0.5\n")
    with pytest.raises(SystemExit) as ended:
        main([command, str(table), "--price", "2"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said == "kleiber: --price needs a target to pay for: give --target too, the value to reach\n"


def test_a_study_names_the_keys_that_were_typed_as_options() -> None:
    with (
        pytest.raises(KleiberError, match=r"^--max-n: must be 1\nepochs: too few; max_n: too$"),
        keys_named_by({"max_n": "--max-n"}),
    ):
        raise KleiberError("max_n: must be 1\nepochs: too few; max_n: too")
    assert set(KEYS.values()) <= set(options_of(studies.run).values())


def test_the_budget_that_is_too_small_is_named_as_it_was_given(tmp_path, capsys) -> None:
    pytest.importorskip("optuna", reason="the extra run is not installed, so no study is run")
    with pytest.raises(SystemExit):
        main(["run", "demo", "--budget-epochs", "1", "--dry-run", "--ledger", str(tmp_path / "none.db")])
    assert capsys.readouterr().err.startswith("kleiber: --budget-epochs: 1 epochs are too little")
