"""The commands that answer: a forecast, a report, which model, what to buy, and which run next. `cli` registers them.

Each reads a table of runs or a ledger, prints its sentences (warnings to standard error), or with `--json` plain data.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.asked import Asked, answers, numbers
from kleiber.command.terminal import print_findings, print_json, print_sentences
from kleiber.command.waiting import Waiting
from kleiber.errors import KleiberError, Refused

At = Annotated[str | None, typer.Option(help="Sizes to forecast, as in 50000,1e6. Default: 2, 4 and 8 times the largest.")]
Target = Annotated[
    str | None,
    typer.Option(help="What to reach, in the metric's own unit, as in 0.1, 92 or 92%: how many examples would it take?"),
]
Price = Annotated[float | None, typer.Option("--price", help="What one more example costs, in your currency.")]
Laws = Annotated[str | None, typer.Option(help="Only these laws, as in power,power_floor. Default: all.")]


@answers
def forecast(asked: Asked, at: At = None, target: Target = None, price: Price = None, laws: Laws = None) -> None:
    """Forecast the metric at larger sizes, from a table of runs or a ledger.

    Prints the means measured, the forecast with its interval and grade (firm, rough or guess), and up to five sentences;
    --full prints all. Warnings go to standard error. A refused forecast says why and what would help, and is no failure.
    """
    print_findings(_analysed(asked, at, target, price, laws), asked.as_json, asked.full)


@answers
def report(
    asked: Asked,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html"),
    at: At = None,
    target: Target = None,
    price: Price = None,
    laws: Laws = None,
) -> None:
    """Write the forecast, its back-test and the study as one HTML file."""
    from kleiber.report import write_report

    written = write_report(_analysed(asked, at, target, price, laws), output)
    print_json({"report": str(written)}) if asked.as_json else print(written)


@answers
def compare(
    asked: Asked,
    at: Annotated[str | None, typer.Option(help="Sizes to compare at, as in 50000,1e6.")] = None,
    target: Annotated[
        str | None, typer.Option(help="What to reach, in the metric's own unit: how much data for it?")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Only these models, as in mlp,lenet. Default: all.")] = None,
    differ: Annotated[float, typer.Option(help="Exponents that are closer than this count as the same.")] = 0.02,
    anyway: Annotated[bool, typer.Option("--anyway", help="Compare models of different data sets too.")] = False,
) -> None:
    """Compare the models of a table or a ledger: which is better at which size, and what it is worth in data.

    Says whether their exponents differ, and how large a difference the study could have seen; the probability that one
    beats the other at each size; where they cross; and how many times the data one needs for the same loss.
    """
    from kleiber.answers.compare.compare import compare as compared
    from kleiber.curves.sources import choose, curves_from, matching

    sizes = None if at is None else numbers(at, "--at")
    table: Any = asked.table()
    if model is not None:
        names = [name.strip() for name in model.split(",")]
        table = [choose(matching(curves_from(table), asked.metric, name), metric=None, model=name) for name in names]
    with Waiting() as waiting:
        found = compared(table, at=sizes, target=target, metric=asked.metric, differ=differ, anyway=anyway, watch=waiting)
    asked.tell(found)


@answers
def plan(
    asked: Asked,
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
) -> None:
    """Weigh labels against engineers, both and neither: how much to buy, what it costs, and what would change the answer.

    All money is in one currency. One purchase at a time: measure after it, and plan anew.
    """
    from kleiber.answers.plan.decide import plan as planned
    from kleiber.forecasting.backtest import backtest, judged
    from kleiber.forecasting.forecasts import forecast as forecasting

    fc = forecasting(asked.table(), metric=asked.metric, model=asked.model)
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
    asked.tell(advice)


@answers
def next_run(
    asked: Asked,
    budget: Annotated[float, typer.Option(help="What may be spent, in the unit of the costs.")],
    at: Annotated[float | None, typer.Option(help="The question is the loss at this size.")] = None,
    target: Annotated[str | None, typer.Option(help="The question is the size that reaches this, in its own unit.")] = None,
    exponent: Annotated[bool, typer.Option("--exponent", help="The question is the exponent.")] = False,
    price_per_example: Annotated[float, typer.Option("--price", help="What one more example costs.")] = 0.0,
    cost_per_example: Annotated[
        float, typer.Option("--cost", help="What one run costs for each of its examples, its search included.")
    ] = 1.0,
    owned: Annotated[float | None, typer.Option(help="Examples owned. Default: the largest size measured.")] = None,
) -> None:
    """Say which run to make next under a budget, beside the plain rule "the largest affordable size"; or to stop.

    Without --at, --target or --exponent the question is the loss at 8 times the largest size.
    """
    from kleiber.answers.next.design import next_run as designed

    named = [name for name, given in (("exponent", exponent), ("target", target is not None)) if given]
    if len(named) > 1 or (exponent and at is not None):
        raise KleiberError("--at, --target and --exponent are three questions: ask one")
    question = named[0] if named else "loss" if at is not None else "largest"
    try:
        found = designed(
            asked.table(),
            budget=budget,
            question=question,
            at=at,
            target=target,
            price_per_example=price_per_example,
            cost_per_example=cost_per_example,
            owned=owned,
            metric=asked.metric,
            model=asked.model,
        )
    except Refused as refusal:  # is an answer
        print_json({"status": "refused", "reason": str(refusal)}) if asked.as_json else print_sentences([str(refusal)])
        return
    asked.tell(found)


def _analysed(asked: Asked, at: str | None, target: str | None, price: float | None, laws: str | None) -> Any:
    from kleiber.findings.analyse import analyse

    return analyse(
        asked.table(silent=True),
        metric=asked.metric,
        model=asked.model,
        at=None if at is None else numbers(at, "--at"),
        target=target,
        price_per_example=price,
        laws=None if laws is None else [name.strip() for name in laws.split(",")],
    )


def _range(text: str) -> tuple[float, float]:
    found = numbers(text, "--gain")
    if len(found) != 2:
        raise KleiberError(f"--gain: {text!r} is not a range; write the low end and the high end, as in 0,0.3")
    return found[0], found[1]
