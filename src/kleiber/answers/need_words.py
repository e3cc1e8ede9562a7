"""What a target takes, in words: templates that the library fills, and the page's controls with the same numbers."""

from collections.abc import Mapping

NEED: Mapping[str, str] = {
    "reached": "{goal} is reached already, at {here} (probability {now}).",
    "took": " It takes about {middle} {unit} (90 % interval {low} to {high}).",
    "untold": "We can't say whether more data reaches {goal}: {untold}.",
    "unlikely": "{goal} is unlikely even with {end} {unit} (probability {reached}).",
    "takes": "{goal} takes about {middle} {unit} ({grade}{doubt}; 90 % interval {low} to {high}).",
    "open": (
        "{goal} takes at least {low} {unit}, about {middle} with even chances "
        "({grade}{doubt}; the 90 % interval has no upper end)."
    ),
    "never": " The chance that no amount of data is enough is {never}.",
    "costs": "At {price} {each}, {goal} costs about {middle} more ({grade}; 90 % interval {low} to {high}).",
    "costs-open": (
        "At {price} {each}, {goal} costs at least {low} more, about {middle} with even chances "
        "({grade}; the 90 % interval has no upper end)."
    ),
}
"""`goal` is the metric with its target, `here` and `end` sizes, `unit` what they count, `each` what a price buys,
`grade` that of the answer."""
