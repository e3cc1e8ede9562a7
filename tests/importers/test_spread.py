"""Rows that are means of runs: their noise is the spread that stands beside them, over the number of runs."""

import math

import numpy as np
import pytest

import kleiber
from kleiber.curves.curve import curves_of
from kleiber.errors import KleiberError
from kleiber.importers import read

SIZES = [250, 500, 1000, 2000, 4000, 8000]
RUNS = np.random.default_rng(3).normal(0.0, 0.006, (6, 5)) + [[0.05 + 4 * n**-0.5] for n in SIZES]
MEAN, SD = RUNS.mean(axis=1), RUNS.std(axis=1, ddof=1)
SE = SD / math.sqrt(5)


def columns(**given):
    return {"n": SIZES, **{name.replace("__", " "): list(values) for name, values in given.items()}}


def errors(table, **options):
    (curve,) = curves_of(read(table, **options))
    return None if curve.se is None else curve.se.tolist()


def noise(table, **options):
    return [note for note in read(table, **options).notes if "noise" in note or "spread" in note]


@pytest.mark.parametrize(
    "count", ["runs", "n_seeds", "count", "repeats", "n_runs", "seeds", "Number of Runs", "loss_count"]
)
@pytest.mark.parametrize("name", ["std", "loss_std", "Loss SD", "std_loss", "stdev", "loss (std)", "('loss', 'std')"])
def test_a_standard_deviation_with_a_number_of_runs_is_the_noise_and_said(name, count) -> None:
    table = {**columns(loss=MEAN), name: list(SD), count: [5] * 6}
    assert errors(table) == pytest.approx(SE)
    (note,) = noise(table)
    assert f"the noise is {name!r} over the square root of {count!r} (5)" in note
    whole = kleiber.analyse(read(table)).content["warnings"]
    assert any(warning["code"] == "import" and "the noise is" in warning["message"] for warning in whole)
    assert not any(warning["code"] == "noise-unknown" for warning in whole)


def test_the_spread_widens_the_forecast() -> None:
    widths = []
    for times in (1, 8):
        fc = kleiber.forecast(read({**columns(loss=MEAN, std=times * SD), "runs": [5] * 6}))
        low, high = fc.quantile(16_000, [0.05, 0.95])
        widths.append(high - low)
    assert widths[1] > 1.2 * widths[0]


@pytest.mark.parametrize(
    ("given", "truth", "told"),
    [
        ({"stderr": SE}, SE, "'stderr', read as standard errors"),
        ({"loss_sem": SE}, SE, "'loss_sem', read as standard errors"),
        ({"ci95": 1.96 * SE, "runs": [5] * 6}, SE, "'ci95' over 1.96, as of a 95 % interval of the mean"),
        ({"loss_ci_90": 1.645 * SE, "runs": [5] * 6}, SE, "over 1.64, as of a 90 % interval"),
        (
            {"ci_low": MEAN - 1.96 * SE, "ci_high": MEAN + 1.96 * SE, "n_seeds": [5] * 6},
            SE,
            "half of 'ci_low' to 'ci_high' over 1.96",
        ),
        (
            {"loss_upper": MEAN + 1.96 * SE, "loss_lower": MEAN - 1.96 * SE, "n_seeds": [5] * 6},
            SE,
            "half of 'loss_lower' to 'loss_upper'",
        ),
        ({"95%__CI": [f"[{m - 1.96 * e}, {m + 1.96 * e}]" for m, e in zip(MEAN, SE, strict=True)], "runs": [5] * 6},
         SE, "'95% CI' over 1.96"),
        ({"loss_variance": SD**2, "runs": [5] * 6}, SE, "the square root of 'loss_variance' over the square root of"),
        ({"\u00b1": SD, "runs": [5] * 6}, SE, "If these are standard errors, write --column 'se=\u00b1'"),
        ({"+/-": [f"\u00b1{sd}" for sd in SD], "runs": [5] * 6}, SE, "--column se=+/-"),
        ({"std": SD, "seeds": [[0, 1, 2, 3, 4]] * 6}, SE, "'seeds' (5)"),
        ({"std": SD, "seeds": ["0,1,2,3,4"] * 6}, SE, "'seeds' (5)"),
        ({"std": SD, "folds": [5] * 6}, SE, "Folds share their data, so runs with new data vary more."),
        ({"std": SD, "runs": [5, 5, 4, 4, 3, 3]}, SD / np.sqrt([5, 5, 4, 4, 3, 3]), "'runs' (3 to 5)"),
        ({"std": [*SD[:5], math.nan], "runs": [5] * 5 + [1]}, [*SE[:5], SD[4]], "the spread of the nearest size"),
        ({"std": [*SD[:5], 0.0], "runs": [5] * 5 + [1]}, [*SE[:5], SD[4]], "the spread of the nearest size"),
        ({"std": SD, "stderr": SE, "runs": [9] * 6}, SE, "'stderr'"),
    ],
)  # fmt: skip
def test_errors_intervals_and_signs_are_the_noise_too(given, truth, told) -> None:
    table = columns(loss=MEAN, **given)
    assert errors(table) == pytest.approx(list(truth), rel=1e-3)
    (note,) = noise(table)
    assert told in note


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"std": SD}, "'std' was not used as noise: nothing says of how many runs it is. Add a column 'runs'"),
        ({"std": SD}, "write --column se=std"),
        ({"ci95": SD}, "'ci95' was not used as noise: nothing says of how many runs"),
        ({"std": SD, "runs": [5, 5, 5, 2.5, 5, 5]}, "'runs' was not used as noise: row 3 has 2.5"),
        ({"std": SD, "count": [60_000] * 6}, "'count' was not used as noise: row 0 has 60000"),
        ({"std": ["x", *SD[1:]], "runs": [5] * 6}, "'std' was not used as noise: row 0 has 'x'"),
        ({"std": [-1, *SD[1:]], "runs": [5] * 6}, "'std' was not used as noise: row 0 has -1"),
        (
            {"std": [None, *SD[1:]], "runs": [5] * 6},
            "1 of 6 rows of 'model' has no spread, so none of its spreads is used",
        ),
        (
            {"val_mae": MEAN, "std": SD, "runs": [5] * 6},
            "it may be of any of 'loss', 'val_mae'. Add the metric to its name",
        ),
    ],
)
def test_what_is_not_used_is_said_with_what_to_add(given, told) -> None:
    table = columns(loss=MEAN, **given)
    assert errors(table) is None
    assert any(told in note for note in noise(table))


def test_spreads_of_other_columns_say_nothing_and_a_column_se_stands_alone() -> None:
    other = columns(loss=MEAN, time_std=SD, train_loss=MEAN, train_loss_std=SD, runs=[5] * 6)
    assert errors(other) is None and not noise(other)
    both = columns(loss=MEAN, std=9 * SD, se=SE, runs=[5] * 6)
    assert errors(both) == pytest.approx(SE) and not noise(both)
    mapped = columns(loss=MEAN, **{"\u00b1": SE}, std=SD, runs=[5] * 6)
    assert errors(mapped, column={"se": "\u00b1"}) == pytest.approx(SE)


def test_the_metric_s_unit_is_that_of_its_spread() -> None:
    count = {"runs": [5] * 6}
    percent = columns(val_acc=100 * (1 - MEAN), val_acc_sd=100 * SD, **count)
    assert errors(percent) == pytest.approx(SE)
    signs = columns(accuracy=[f"{v}%" for v in 100 * (1 - MEAN)], accuracy_sd=[f"{v}%" for v in 100 * SD], **count)
    assert errors(signs) == pytest.approx(SE)
    mixed = columns(accuracy=1 - MEAN, accuracy_sd=[f"{v}%" for v in 100 * SD], **count)
    assert errors(mixed) == pytest.approx(SE)
    wrong = columns(accuracy=1 - MEAN, accuracy_sd=100 * SD, **count)
    assert errors(wrong) is None and "is too much for values between 0 and 1" in noise(wrong)[0]
    bleu = columns(bleu=30 - MEAN, bleu_std=SD, **count)
    assert errors(bleu, column={"loss": "bleu"}) == pytest.approx(SE / 100)


def test_each_metric_has_the_spread_that_its_name_says() -> None:
    table = columns(val_loss=MEAN, val_loss_std=SD, train_loss=MEAN / 2, train_loss_std=9 * SD, runs=[5] * 6)
    assert errors(table) == pytest.approx(SE)
    two = columns(loss=3 * MEAN, error=MEAN, loss_std=3 * SD, error_std=SD, runs=[5] * 6)
    found = {curve.metric: curve.se for curve in curves_of(read(two))}
    assert found["loss"] == pytest.approx(3 * SE) and found["error"] == pytest.approx(SE)
    both = columns(accuracy=1 - MEAN, error=MEAN, accuracy_std=SD, runs=[5] * 6)
    assert errors(both) == pytest.approx(SE)
    behind = columns(loss=MEAN, **{"\u00b1": SD}, mae=MEAN, runs=[5] * 6)
    assert errors(behind) == pytest.approx(SE)


@pytest.mark.parametrize(
    "form", ["{0:.4f} \u00b1 {1:.6f}", "{0:.4f}\u00b1{1:.6f}", "{0:.4f} ({1:.6f})", "{0:.4f} +/- {1:.6f}"]
)
def test_a_cell_may_hold_its_spread(form) -> None:
    cells = [form.format(m, s) for m, s in zip(MEAN, SD, strict=True)]
    assert errors(columns(loss=cells, runs=[5] * 6)) == pytest.approx(SE, abs=1e-6)
    assert "put" not in noise(columns(loss=cells, runs=[5] * 6))[0]
    bare = columns(loss=cells)
    assert [row.loss for row in read(bare).rows] == pytest.approx(MEAN, abs=1e-4)
    assert errors(bare) is None and "nothing says of how many runs" in noise(bare)[0]


def test_a_cell_may_hold_its_spread_in_percent_or_with_decimal_commas(tmp_path) -> None:
    pairs = list(zip(100 * (1 - MEAN), 100 * SD, strict=True))
    for form in ("{0:.3f} \u00b1 {1:.4f} %", "({0:.3f} \u00b1 {1:.4f})%", "{0:.3f}% ({1:.4f}%)"):
        table = columns(accuracy=[form.format(*pair) for pair in pairs], runs=[5] * 6)
        assert errors(table) == pytest.approx(SE, abs=1e-6)
    lines = [f"{n};{m:.3f} \u00b1 {s:.4f};5".replace(".", ",") for n, (m, s) in zip(SIZES, pairs, strict=True)]
    (tmp_path / "runs.csv").write_text("\n".join(["n;accuracy;runs", *lines]), encoding="utf-8")
    assert errors(tmp_path / "runs.csv") == pytest.approx(SE, abs=1e-6)
    for cell in ("84.1 (3)", "84.1 \u00b1", "84.1 \u00b1 x", "1,000"):
        with pytest.raises(KleiberError, match="is not a number"):
            read(columns(loss=[cell] * 6))


def test_runs_that_are_there_themselves_show_their_noise() -> None:
    given = [
        {"n": n, "seed": k, "loss": RUNS[i, k], "loss_std": SD[i], "n_seeds": 5}
        for i, n in enumerate(SIZES)
        for k in range(5)
    ]
    assert errors(given) is None and "the runs themselves are there" in noise(given)[0]


def test_means_of_several_models_keep_their_own_noise() -> None:
    given = [
        {"n": n, "model": m, "loss": MEAN[i] * by, "std": SD[i] * by, "runs": 5}
        for m, by in (("a", 1), ("b", 2))
        for i, n in enumerate(SIZES)
    ]
    found = {curve.model: curve.se for curve in curves_of(read(given))}
    assert found["a"] == pytest.approx(SE) and found["b"] == pytest.approx(2 * SE)
    some = [{**row, "std": None if row["model"] == "b" and row["n"] == 500 else row["std"]} for row in given]
    found = {curve.model: curve.se for curve in curves_of(read(some))}
    assert found["a"] == pytest.approx(SE) and found["b"] is None
