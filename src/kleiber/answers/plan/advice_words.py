"""What to buy, in words: templates that the library fills, and the page's controls with the same numbers."""

from collections.abc import Mapping

DOMINANT = 0.8  # share of the floor in the loss from which it dominates
LIKELY = 0.5  # and the probability of that from which the advice is "neither"
ADVICE: Mapping[str, str] = {
    "cheapest": "Cheapest in expectation: {what}",
    "judged": "Cheapest of what we can judge: {what}",
    "even so": "Cheapest even so: {what}",
    "neither": (
        "Buy neither labels nor engineers: change labels, task or metric. The floor is more than {share} % of the {lacks} "
        "(probability {probability})."
    ),
    "untold": (
        "We can't say whether labels pay: beyond the {owned} owned any forecast is a guess, or no more exist. "
        "Measure larger sizes first."
    ),
    "until": "Until then buy nothing.",
    "beyond": "Beyond {most} any forecast is a guess. Measure again there: more labels may pay.",
    "nothing": "buy nothing.",
    "labels": "buy {amount} for {spend}.",
    "no labels": "buy labels, of which the best number is 0.",
    "engineers": "pay engineers for {months}, for {spend}.",
    "both": "pay engineers for {months} and buy {amount}, for {spend} together.",
    "no both": "pay engineers and buy labels, of which the best number is 0.",
    "amount": "{more} ({n} in all)",
    "at least": "at least {more} ({n} in all)",
    "saves": " It saves {saving} over doing nothing (90 % interval {low} to {high}).",
    "saves or loses": " It saves {saving} over doing nothing (90 % interval {low} lost to {high} saved).",
    "loses": " It costs {saving} more than doing nothing (90 % interval {low} to {high}).",
    "loses or saves": " It costs {saving} more than doing nothing (90 % interval {low} less to {high} more).",
    "best": " It is best with probability {best}{regret}.",
    "regret": " (expected regret {regret})",
}
"""`what` begins with an option; `more` and `n` are labels, the others money, but for `months` and probabilities."""
