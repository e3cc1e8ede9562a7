"""What runs' files say that is not so, and how it is handled: one sentence for each kind, with the runs concerned."""

from collections.abc import Mapping, Sequence

from kleiber.wording import agreed, counted

NAMED = 5  # runs in a sentence
VERBS = {"be": "is", "have": "has", "lie": "lies", "begin": "begins", "hold": "holds", "come": "comes", "count": "counts"}

SENTENCES: Mapping[str, str] = {
    "diverged": "{runs} diverged (NaN or infinite) and {be} left out: {names}.",
    "masked": "{runs} diverged behind a loss of 0.0 or a mean, as a gradient of NaN shows, and {be} left out: {names}.",
    "zero": "{runs} {have} a loss of exactly 0.0 at the end, as this tracker writes NaN, and {be} left out: {names}.",
    "zeros": "{runs} {have} losses of exactly 0.0, which this tracker writes for NaN; none of them counts: {names}.",
    "nonfinite": "{runs} {have} values on the way that are NaN or infinite; these were passed over: {names}.",
    "resumed": "{runs} went back to an earlier step, as after a resume; what was written later counts: {names}.",
    "repeated": "{runs} wrote a step more than once; what was written later counts: {names}.",
    "folders": "{runs} {lie} in several files or folders, as after a resume, and {be} read as one each: {names}.",
    "cut": "{runs} {have} a file that ends within a record; what stands before it was read: {names}.",
    "shifted": "{runs} {have} rows with more cells than the header has names, and {be} left out: {names}.",
    "unread": "{runs} cannot be read and {be} left out: {names}.",
    "unvalidated": (
        "{runs} {begin} with metrics of 0, written before the first validation; these were passed over: {names}."
    ),
    "refit": "{runs} {hold} several fits in one file, and the last one counts: {names}.",
    "after-fit": "{runs} {have} a validation after training, of whatever weights; it was passed over: {names}.",
    "twice": "{runs} {be} the same as another to the last digit, and {be} left out: {names}.",
    "short": "{runs} ended before half of the steps of others of {their} size, and {count}: {names}.",
    "no-n": "{runs} {have} no number of training examples and {be} left out: {names}.",
    "no-metric": "{runs} {have} no value of the metric and {be} left out: {names}.",
    "no-step": "{runs} {have} no value at that step and {be} left out: {names}.",
    "deleted": "{runs} {be} marked as deleted, and {be} left out: {names}.",
    "sampled": "{runs} {come} from an export of a chart, which a tracker thins out: the best may be missing: {names}.",
    "summary": "{runs} {come} from an export of a table, which has one value a run: {names}.",
}


def sentences(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Give a sentence for each code, in the order of the codes; `found` has the runs of each."""
    return [_sentence(code, list(dict.fromkeys(found[code]))) for code in SENTENCES if found.get(code)]


def _sentence(code: str, names: Sequence[str]) -> str:
    many = len(names)
    shown = ", ".join(name[:60] for name in names[:NAMED]) + (f" and {many - NAMED} more" if many > NAMED else "")
    one = many == 1
    words = {verb: agreed(form, one=one) for verb, form in VERBS.items()} | {"their": "its" if one else "their"}
    return SENTENCES[code].format(runs=counted(many, "run"), names=shown, **words)
