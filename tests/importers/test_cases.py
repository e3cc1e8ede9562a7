"""Tables as people export them, from `../shared/cases`: the forecast is that of a fit over the rows that count.

C2 is the table of studies; C17 to C26, C28 and C30 are files. C1 and C3 have tests of their own:
`tests/findings/test_cases.py`, `tests/importers/test_rules.py`.
"""

import pytest
from tests.conftest import ROOT, SHARED

import kleiber
from kleiber.errors import KleiberError
from kleiber.importers import read

CASES = SHARED / "cases"


def path(name):
    if not (CASES / name).is_file():
        pytest.skip(f"needs {name}, which is not in {CASES}")
    return CASES / name


@pytest.mark.parametrize(
    ("name", "options", "truth"),
    [
        ("bleu.csv", {}, {2.56e6: 0.684, 10.24e6: 0.675}),  # what BLEU 31.6 and 32.5 lack to 100
        ("neg_log_loss.csv", {"column": {"n": "train_size", "loss": "test_neg_log_loss"}}, {16_000: 0.381, 64_000: 0.347}),
        ("epochs.csv", {}, {8000: 0.489, 16_000: 0.420}),
        ("sweep.csv", {}, {8000: 0.461, 16_000: 0.411, 64_000: 0.340}),
        ("test_sets.csv", {"where": {"test_set": "in_domain"}}, {32_000: 0.078}),
        ("test_sets.csv", {"where": {"test_set": "out_of_domain"}}, {32_000: 0.245}),
        (
            "mlflow_runs.csv",
            {"column": {"n": "params.n_train", "loss": "metrics.val_loss"}},
            {16_000: 0.383, 64_000: 0.311},
        ),
        ("params_and_tokens.csv", {"column": {"n": "D"}, "where": {"N": 400e6}}, {3.2e10: 3.02, 1.28e11: 2.72}),
        ("train_and_val.csv", {}, {32_000: 0.368, 128_000: 0.311}),
        ("fractions.csv", {"column": {"n": "label_fraction", "accuracy": "accuracy_mean"}}, {2: 0.154, 4.2: 0.14}),
        (
            "fractions.csv",
            {"column": {"n": "label_fraction", "accuracy": "accuracy_mean"}, "pool": 1e5},
            {2e5: 0.154, 4.2e5: 0.14},
        ),
        ("lightning_metrics.csv", {"column": {"loss": "val_loss"}}, {8000: 0.1861, 16_000: 0.1675, 64_000: 0.1416}),
        ("lightning_metrics.csv", {}, {16_000: 0.1675, 64_000: 0.1416}),
    ],
)
def test_the_rows_that_count_give_the_curve(name, options, truth) -> None:
    fc = kleiber.forecast(read(path(name), **options))
    for n, value in truth.items():
        low, middle, high = fc.quantile(n, [0.05, 0.5, 0.95])
        assert low <= value <= high and middle == pytest.approx(value, rel=0.06), n


@pytest.mark.parametrize(
    ("name", "columns", "named"),
    [
        ("params_and_tokens.csv", {}, "--column n=D --column model=N"),
        ("params_and_tokens.csv", {"n": "D"}, "differ by 'N'.*--column model=N"),
        ("test_sets.csv", {}, "differ by 'test_set'.*--column model=test_set"),
        ("mlflow_runs.csv", {}, "--column n=params.n_train"),
        ("fractions.csv", {}, "--column n=label_fraction --column accuracy=accuracy_mean"),
    ],
)
def test_what_a_table_leaves_open_is_asked_with_a_line_that_works(name, columns, named) -> None:
    with pytest.raises(KleiberError, match=named):
        read(path(name), column=columns)


def test_six_studies_are_not_pooled() -> None:
    with pytest.raises(KleiberError, match=r"differ by 'study'.*--column model=study .*--where study=origin-early-stop"):
        read(ROOT / "docs" / "origin.csv")
    assert len(set(read(ROOT / "docs" / "origin.csv", column={"model": "study"}).rows.model)) == 7


def test_an_accuracy_that_falls_is_refused_at_any_number_of_rows() -> None:
    lines = path("worse_with_more.csv").read_text().splitlines()
    for count in (7, len(lines) - 1):
        columns = [line.split(",") for line in lines[1 : count + 1]]
        table = {name: [row[i] for row in columns] for i, name in enumerate(lines[0].split(","))}
        fc = kleiber.forecast(read(table))
        assert fc.status == "refused" and "More data makes accuracy worse" in str(fc.refusal)


def test_a_curve_that_learnt_and_stopped_is_called_so() -> None:
    fc = kleiber.forecast(read(path("saturated.csv")))
    said = [caution.message for caution in fc.warnings if caution.code == "saturated"]
    assert len(said) == 1 and "Learnt, and flat since n = 40" in said[0]
    low, high = fc.quantile(320, [0.05, 0.95])
    assert low <= 0.171 <= high
