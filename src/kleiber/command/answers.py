"""The commands that answer: a forecast, a report, which model, what to buy, and which run next. `cli` registers them.

Each reads a table of runs or a ledger, prints its sentences (warnings to standard error), or with `--json` plain data.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from kleiber.command.asked import Asked, answers, numbers
from kleiber.command.outputs import apart_from
from kleiber.command.terminal import print_findings, print_json, print_sentences
from kleiber.command.terms import (
    VALUE,
    Available,
    CostPerMonth,
    Deadline,
    Discount,
    Gain,
    Months,
    Owned,
    Speed,
    gain_of,
    given,
)
from kleiber.command.today import today
from kleiber.command.waiting import Waiting
from kleiber.errors import KleiberError, Refused

At = Annotated[
    str | None, typer.Option(help="Sizes to forecast, such as 50000,1e6. Default: 2, 4 and 8 times the largest.")
]
Target = Annotated[
    str | None,
    typer.Option(
        help="The value to reach, in the metric's own unit, such as 0.1, 92 or 92%. Shows how many examples it takes."
    ),
]
Price = Annotated[float | None, typer.Option("--price", help="Price of one more example, in your currency.")]
Plot = Annotated[
    bool | None, typer.Option("--plot/--no-plot", help="Draw the curves in characters. Default: on a terminal alone.")
]
Laws = Annotated[str | None, typer.Option(help="Use only these laws, such as power,power_floor. Default: all.")]


@answers
def forecast(
    asked: Asked,
    at: At = None,
    target: Target = None,
    price_per_example: Price = None,
    laws: Laws = None,
    plot: Plot = None,
) -> None:
    """Forecast the metric at larger sizes, from a table of runs or a ledger.

    Prints the measured means, then the forecast with its interval and grade: firm, rough or guess. Up to five sentences
    follow; --full prints all. Warnings go to standard error. A refused forecast is a valid result: it gives the reason and
    the remedy, and the exit code is 0.
    """
    from kleiber.command.plot import wanted

    print_findings(_analysed(asked, at, target, price_per_example, laws), asked.as_json, asked.full, wanted(plot))


@answers
def report(
    asked: Asked,
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path("report.html"),
    at: At = None,
    target: Target = None,
    price_per_example: Price = None,
    laws: Laws = None,
    value_per_point: Annotated[float | None, VALUE] = None,
    months: Months = None,
    cost_per_month: CostPerMonth = None,
    gain: Gain = None,
    deadline: Deadline = None,
    discount: Discount = 0.0,
    owned: Owned = None,
    available: Available = None,
    examples_per_month: Speed = None,
    title: Annotated[str, typer.Option(help="Title of the page. Default: the study, or the metric and its models.")] = "",
    note: Annotated[str, typer.Option(help="A sentence below the title, such as who measured what, and why.")] = "",
) -> None:
    """Write one HTML file that can be forwarded: the answer, how far to trust it, the chart, and all numbers in folds.

    With --value and --price it has the decision too: how many labels, what they cost, how sure that is. The options are
    those of plan. With --target or --value the page answers other targets and terms by itself.
    """
    from kleiber.report import write_report

    apart_from(asked.source, output)
    terms = given(
        {
            "months": months,
            "cost_per_month": cost_per_month,
            "gain": gain_of(gain),
            "deadline": deadline,
            "discount": discount,
            "owned": owned,
            "available": available,
            "examples_per_month": examples_per_month,
        }
    )
    decides = target is not None or value_per_point is not None  # else the page is small, and nothing is to be varied
    found = _analysed(
        asked,
        at,
        target,
        price_per_example,
        laws,
        value_per_point=value_per_point,
        terms=terms or None,
        what_if=decides,
        effects=True,
    )
    written = write_report(found, output, title=title, note=note, date=today())
    print_json({"report": str(written)}) if asked.as_json else print(written)


@answers
def compare(
    asked: Asked,
    at: Annotated[str | None, typer.Option(help="Sizes to compare at, such as 50000,1e6.")] = None,
    target: Annotated[
        str | None, typer.Option(help="The value to reach, in the metric's own unit. Shows how much data each model needs.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Compare only these models, such as mlp,lenet. Default: all.")] = None,
    differ: Annotated[float, typer.Option(help="Exponents that differ by less than this count as equal.")] = 0.02,
    anyway: Annotated[bool, typer.Option("--anyway", help="Compare models even if their data sets differ.")] = False,
    plot: Plot = None,
) -> None:
    """Compare models: which is better at each size, and how much data it saves.

    For each pair it gives the probability that one beats the other at each size, and where their curves cross. It shows
    what share of the data one needs for the same loss. It also compares their exponents, and gives the smallest difference
    that the study could detect.
    """
    from kleiber.answers.compare.compare import compare as compared
    from kleiber.curves.sources import choose, curves_from

    sizes = None if at is None else numbers(at, "--at")
    table: Any = asked.table()
    if model is not None:
        curves = curves_from(table)
        table = [choose(curves, metric=asked.metric, model=name.strip()) for name in model.split(",")]
    with Waiting() as waiting:
        found = compared(table, at=sizes, target=target, metric=asked.metric, differ=differ, anyway=anyway, watch=waiting)
    if not asked.as_json:
        from kleiber.command.plot import of_forecast, print_plot, wanted

        if wanted(plot):
            lines = [of_forecast(fc, name) for name, fc in zip(found.models, found.forecasts, strict=True)]
            print_plot(lines, found.scale, found.target)
            print()
    asked.tell(found)


@answers
def plan(
    asked: Asked,
    value_per_point: Annotated[float, VALUE],
    price_per_example: Annotated[float, typer.Option("--price", help="Price of one more example, its label included.")],
    months: Months = None,
    cost_per_month: CostPerMonth = None,
    gain: Gain = None,
    deadline: Deadline = None,
    discount: Discount = 0.0,
    owned: Owned = None,
    available: Available = None,
    examples_per_month: Speed = None,
) -> None:
    """Weigh labels, engineers, both and neither: what to buy, its cost, and what would change the answer.

    Give all money in one currency. The advice is for one purchase: measure after it, then plan again.
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
        gain=gain_of(gain),
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
    budget: Annotated[float, typer.Option(help="The most to spend, in the unit of the costs.")],
    at: Annotated[float | None, typer.Option(help="Ask for the loss at this size.")] = None,
    target: Annotated[str | None, typer.Option(help="Ask which size reaches this value, in the metric's own unit.")] = None,
    exponent: Annotated[bool, typer.Option("--exponent", help="Ask for the exponent.")] = False,
    price_per_example: Annotated[float, typer.Option("--price", help="Price of one more example.")] = 0.0,
    cost_per_example: Annotated[
        float, typer.Option("--cost", help="Cost of a run for each of its examples, its search included.")
    ] = 1.0,
    owned: Owned = None,
) -> None:
    """Choose the next run under a budget, or stop; the largest affordable size is shown for comparison.

    Without --at, --target or --exponent it asks for the loss at 8 times the largest size.
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


def _analysed(asked: Asked, at: str | None, target: str | None, price: float | None, laws: str | None, **more: Any) -> Any:
    from kleiber.findings.analyse import analyse

    return analyse(
        asked.table(silent=True),
        metric=asked.metric,
        model=asked.model,
        at=None if at is None else numbers(at, "--at"),
        target=target,
        price_per_example=price,
        laws=None if laws is None else [name.strip() for name in laws.split(",")],
        **more,
    )
