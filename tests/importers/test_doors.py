"""Small files in each tracker's shape are read: every n, seed and value, whatever the tracker wrote beside them."""

import numpy as np
import pytest
from tests.importers import studies
from tests.importers.studies import RUNS, history

import kleiber
from kleiber.errors import KleiberError


def found(source, **options):
    table = kleiber.read(source, **options)
    return sorted((row.n, row.seed, row.loss) for row in table.rows), table


def expected(pick=min, seeds=True):
    rows = sorted((float(n), str(s) if seeds else None, pick(history(n, s))) for n, s in RUNS)
    return [(n, s, pytest.approx(value)) for n, s, value in rows]


def same(read, wanted):
    assert [row[:2] for row in read] == [row[:2] for row in wanted]
    assert all(a[2] == b[2] for a, b in zip(read, wanted, strict=True))


def said(table, text):
    assert any(text in note for note in table.notes), table.notes


def last(values):
    return values[-1]


PLAIN = ["wandb", "mlflow", "mlflow_files", "tensorboard", "lightning", "trackio", "dvclive", "swanlab", "sacred", "ray"]


@pytest.mark.parametrize("write", PLAIN)
def test_every_n_seed_and_value_is_read(write, tmp_path):
    getattr(studies, write)(tmp_path)
    for keep, pick in ((None, min), ("last", last)):
        read, table = found(tmp_path, keep=keep, metric="val.loss" if write == "wandb" else None)
        same(read, expected(pick))
        said(table, "3 sizes, 100 to 400")


@pytest.mark.parametrize("kind", ["keras", "fastai"])
def test_a_log_whose_name_alone_has_the_size(kind, tmp_path):
    studies.WRITERS[kind](tmp_path)
    with pytest.raises(KleiberError, match=r"write --n 'name:n\(\\d\+\)'"):
        kleiber.read(tmp_path)
    read, table = found(tmp_path, n=studies.NAMED, keep="last")
    same(read, expected(last))
    said(table, "n is a part of the run's name")
    said(table, "the seed is in the runs' names, as in 'seed0'")


def test_a_trainer_state_gives_n_by_rate_and_time(tmp_path):
    studies.transformers(tmp_path)
    read, table = found(tmp_path)
    same(read, expected(seeds=False))
    said(table, "samples a second x seconds / epochs")


def test_a_journal_plays_as_optuna_plays_it(tmp_path):
    studies.optuna(tmp_path)
    read, _ = found(tmp_path / "journal.log")
    same(read, expected())


def test_clearml_writes_nan_as_zero_and_a_zero_never_counts(tmp_path):
    studies.clearml(tmp_path)
    read, table = found(tmp_path)
    same(read, expected(lambda values: min([values[0], *values[2:]])))
    said(table, "6 runs have losses of exactly 0.0")


def test_skorch_knows_what_it_trained_on_and_which_epoch_was_kept(tmp_path):
    studies.skorch(tmp_path)
    read, table = found(tmp_path, keep="checkpoint")
    same(read, expected(seeds=False))
    said(table, "at the checkpoint that it kept")


def test_ultralytics_counts_no_images_so_a_pool_is_asked_for(tmp_path):
    studies.ultralytics(tmp_path)
    _, table = found(tmp_path)
    assert table.unit_of_n == "share"
    read, table = found(tmp_path, pool=400)
    assert [n for n, *_ in read] == [100, 100, 200, 200, 400, 400]
    assert [loss for *_, loss in read] == [pytest.approx(min(history(n, s)) / 10) for n, s in RUNS]
    said(table, "begin with metrics of 0")


def test_learning_curves_of_scikit_learn_come_as_arrays_or_a_display(tmp_path):
    sizes, scores = np.array([50, 100, 200]), np.array([[0.5, 0.6], [0.7, 0.65], [0.8, np.nan]])
    table = kleiber.read((sizes, scores, scores), metric="accuracy")
    assert sorted(row.loss for row in table.rows) == pytest.approx([0.2, 0.3, 0.35, 0.4, 0.5])
    said(table, "1 run diverged (NaN or infinite) and is left out: n=200 fold 1.")
    np.savez(tmp_path / "c.npz", train_sizes=sizes, train_scores=scores, test_scores=scores)
    assert len(kleiber.read(tmp_path / "c.npz").rows) == 5
    with pytest.raises(KleiberError, match="2 rows for 3 sizes"):
        kleiber.read((sizes, scores[:2], scores[:2]))
