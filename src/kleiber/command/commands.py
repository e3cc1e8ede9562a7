"""The commands that answer: which model, how much data, and which run next. `cli` registers them.

Each reads a table of runs or a ledger, prints its sentences (warnings to standard error), or with `--json` plain data.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.options import named_by_options
from kleiber.command.terminal import print_json, print_sentences, say
from kleiber.errors import KleiberError, Refused

SOURCE = "Runs (CSV, TSV, JSON or JSON lines, gzipped or not; Parquet) or a ledger."
Source = Annotated[Path, typer.Argument(metavar="FILE|LEDGER", help=SOURCE)]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
StudyName = Annotated[str | None, typer.Option("--study", help="Which study, where the ledger has several.")]
Metric = Annotated[str | None, typer.Option(help="Only this metric, such as loss or error.")]
Model = Annotated[str | None, typer.Option(help="Only this model.")]
Unit = Annotated[str | None, typer.Option(help="Of accuracies and errors, where they do not tell: fraction or percent.")]
Column = Annotated[list[str] | None, typer.Option(help="What a column of the table is called, as in n=train_size.")]


@named_by_options
def compare(
    source: Source,
    at: Annotated[str | None, typer.Option(help="Sizes to compare at, as in 50000,1e6.")] = None,
    target: Annotated[float | None, typer.Option(help="A loss to reach: how much data each model needs for it.")] = None,
    model: Annotated[str | None, typer.Option(help="Only these models, as in mlp,lenet. Default: all.")] = None,
    differ: Annotated[float, typer.Option(help="Exponents that are closer than this count as the same.")] = 0.02,
    metric: Metric = None,
    study: StudyName = None,
    column: Column = None,
    unit: Unit = None,
    as_json: Json = False,
) -> None:
    """Compare the models of a table or a ledger: which is better at which size, and what it is worth in data.

    Says whether their exponents differ, and how large a difference the study could have seen; the probability that one
    beats the other at each size; where they cross; and how many times the data one needs for the same loss.
    """
    from kleiber.answers.compare.compare import compare as compared
    from kleiber.curves.sources import choose, curves_from, matching

    sizes = None if at is None else numbers(at, "--at")
    table: Any = read(source, study, column, unit)
    if model is not None:
        names = [name.strip() for name in model.split(",")]
        table = [choose(matching(curves_from(table), metric, name), metric=None, model=name) for name in names]
    tell(compared(table, at=sizes, target=target, metric=metric, differ=differ), as_json)


@named_by_options
def plan(
    source: Source,
    value_per_point: Annotated[
        float, typer.Option("--value", help="What 0.01 of the loss less is worth, over all the time that it is of use.")
    ],
    price_per_example: Annotated[float, typer.Option("--price", help="What one more example costs, label included.")],
    months: Annotated[float | None, typer.Option(help="How many months engineers would work instead.")] = None,
    cost_per_month: Annotated[float | None, typer.Option(help="What a month of them costs.")] = None,
    gain: Annotated[
        str | None, typer.Option(help="What they bring: the cut of the reducible loss, 80 % range, as in 0,0.3.")
    ] = None,
    deadline: Annotated[
        float | None, typer.Option(help="After how many months a better model is of no use any more.")
    ] = None,
    discount: Annotated[float, typer.Option(help="What is discounted a year: 0.08 is 8 %.")] = 0.0,
    owned: Annotated[float | None, typer.Option(help="Examples owned. Default: the largest size measured.")] = None,
    available: Annotated[float | None, typer.Option(help="Examples there are to be had, those owned included.")] = None,
    examples_per_month: Annotated[float | None, typer.Option("--speed", help="Examples labelled in a month.")] = None,
    metric: Metric = None,
    model: Model = None,
    study: StudyName = None,
    column: Column = None,
    unit: Unit = None,
    as_json: Json = False,
) -> None:
    """Weigh labels against engineers, both and neither: how much to buy, what it costs, and what would change the answer.

    All money is in one currency. One purchase at a time: measure after it, and plan anew.
    """
    from kleiber.answers.plan.decide import plan as planned
    from kleiber.forecasting.backtest import backtest, judged
    from kleiber.forecasting.forecast import forecast

    fc = forecast(read(source, study, column, unit), metric=metric, model=model)
    fc = judged(fc, backtest(fc.curve))
    advice = planned(
        fc,
        value_per_point=value_per_point,
        price_per_example=price_per_example,
        months=months,
        cost_per_month=cost_per_month,
        gain=None if gain is None else _range(gain),
        deadline=deadline,
        discount=discount,
        owned=owned,
        examples_per_month=examples_per_month,
        available=available,
    )
    tell(advice, as_json)


@named_by_options
def next_run(
    source: Source,
    budget: Annotated[float, typer.Option(help="What may be spent, in the unit of the costs.")],
    at: Annotated[float | None, typer.Option(help="The question is the loss at this size.")] = None,
    target: Annotated[float | None, typer.Option(help="The question is the size that reaches this loss.")] = None,
    exponent: Annotated[bool, typer.Option("--exponent", help="The question is the exponent.")] = False,
    price_per_example: Annotated[float, typer.Option("--price", help="What one more example costs.")] = 0.0,
    cost_per_example: Annotated[
        float, typer.Option("--cost", help="What one run costs for each of its examples, its search included.")
    ] = 1.0,
    owned: Annotated[float | None, typer.Option(help="Examples owned. Default: the largest size measured.")] = None,
    metric: Metric = None,
    model: Model = None,
    study: StudyName = None,
    column: Column = None,
    unit: Unit = None,
    as_json: Json = False,
) -> None:
    """Say which run to make next under a budget, beside the plain rule "the largest affordable size"; or to stop.

    Without --at, --target or --exponent the question is the loss at 8 times the largest size.
    """
    from kleiber.answers.next.design import next_run as designed

    asked = [name for name, given in (("exponent", exponent), ("target", target is not None)) if given]
    if len(asked) > 1 or (exponent and at is not None):
        raise KleiberError("--at, --target and --exponent are three questions: ask one")
    question = asked[0] if asked else "loss" if at is not None else "largest"
    try:
        found = designed(
            read(source, study, column, unit),
            budget=budget,
            question=question,
            at=at,
            target=target,
            price_per_example=price_per_example,
            cost_per_example=cost_per_example,
            owned=owned,
            metric=metric,
            model=model,
        )
    except Refused as refusal:  # is an answer
        print_json({"status": "refused", "reason": str(refusal)}) if as_json else print_sentences([str(refusal)])
        return
    tell(found, as_json)


def read(source: Path, study: str | None, column: list[str] | None, unit: str | None, *, silent: bool = False) -> Any:
    """Read a table of runs or a ledger as the options say; how it was read is told, unless `silent`."""
    from kleiber import importers

    columns = dict(_pair(entry) for entry in column or [])
    table = importers.read(source, study=study, columns=columns or None, unit=unit)
    for note in () if silent else table.notes:
        say(f"import: {note}")
    return table


def numbers(text: str, option: str) -> list[float]:
    """Read numbers with commas between."""
    try:
        return [float(part.strip().replace("_", "")) for part in text.split(",")]
    except ValueError:
        raise KleiberError(f"{option}: {text!r} is not a list of numbers; write it as 50000,1e6") from None


def tell(found: Any, as_json: bool) -> None:
    """Print a result's sentences and its warnings, or all of it as JSON."""
    if as_json:
        print_json(found.to_dict())
        return
    print_sentences(found.sentences)
    for warning in getattr(found, "warnings", ()):
        say(f"{warning.code}: {warning.message}")


def _range(text: str) -> tuple[float, float]:
    found = numbers(text, "--gain")
    if len(found) != 2:
        raise KleiberError(f"--gain: {text!r} is not a range; write the low end and the high end, as in 0,0.3")
    return found[0], found[1]


def _pair(entry: str) -> tuple[str, str]:
    ours, equals, theirs = entry.partition("=")
    if not equals or not ours or not theirs:
        raise KleiberError(f"--column: {entry!r} is not of the form n=train_size")
    return ours, theirs
