"""What rows are: one row a run, the best setting of a size, a curve for each model and data set, repeats as repeats."""

import math

import numpy as np
import pytest

from kleiber.errors import KleiberError
from kleiber.importers import read

SIZES = (100, 200, 400, 800, 1600)


def loss(n, k=0, floor=0.1):
    """Give a loss with a few per cent of what looks like noise, different for each n and k."""
    return (5 * n**-0.35 + floor) * (1 + 0.02 * math.sin(7.3 * k + n))


def rows(*, many=(0, 1, 2), **columns):
    """Give a row for each size and repeat; columns are functions of both."""
    return [{"n": n, "loss": loss(n, k), **{name: of(n, k) for name, of in columns.items()}} for n in SIZES for k in many]


def logs(*, epochs=4, name="epoch", **columns):
    """Give the log of each of a size's runs: the loss falls to its last value by 2 / epoch."""
    return [
        {**row, name: epoch, "loss": row["loss"] + 2 / epoch - 2 / epochs}
        for row in rows(**columns)
        for epoch in range(1, epochs + 1)
    ]


ENDS = sorted(row["loss"] for row in rows())


def losses(found):
    return sorted(row.loss for row in found.rows)


@pytest.mark.parametrize("name", ["epoch", "step", "trainer/global_step", "iteration", "Current Epoch", "metrics.epoch"])
@pytest.mark.parametrize("seed", ["seed", "params.random_seed", None])
def test_the_last_row_of_each_run_is_kept(name, seed) -> None:
    columns = {} if seed is None else {seed: lambda n, k: k}
    found = read(logs(name=name, **columns))
    assert losses(found) == pytest.approx(ENDS)
    (note,) = [note for note in found.notes if "counts progress" in note]
    assert repr(name) in note and "15 of 60 rows" in note and "--keep best" in note


@pytest.mark.parametrize("written", ["ckpt-{}", "out/checkpoint-{}/", "epoch={0}-step={0}.ckpt", "{}"])
@pytest.mark.parametrize("name", ["checkpoint", "ckpt", "params.ckpt"])
def test_a_checkpoint_counts_progress_by_the_last_number_in_its_name(name, written) -> None:
    given = [{**row, name: written.format(500 * row[name])} for row in logs(name=name, seed=lambda n, k: k)]
    assert losses(read(given)) == pytest.approx(ENDS)


def test_checkpoints_without_numbers_are_never_averaged() -> None:
    given = [{**row, "ckpt": name, "loss": row["loss"] * by} for row in rows() for name, by in (("best", 1), ("last", 1.3))]
    with pytest.raises(KleiberError, match="differ by 'ckpt'"):
        read(given)


def test_a_mapped_seed_names_runs_too_and_the_best_row_is_kept_where_asked() -> None:
    given = logs(draws=lambda n, k: f"s{k}")
    columns = {"seed": "draws"}
    assert losses(read(given, column=columns)) == pytest.approx(ENDS)
    over = [{**row, "loss": row["loss"] + 0.5 * (row["epoch"] == 4)} for row in given]
    best = read(over, column=columns, keep="best")
    assert losses(best) == pytest.approx(sorted(row["loss"] for row in given if row["epoch"] == 3))
    assert "the best row of each run" in best.notes[0]
    scores = [{**row, "accuracy": 1 - row["loss"] / 9, "loss": None} for row in over]
    assert losses(read(scores, column=columns, keep="best")) == pytest.approx([value / 9 for value in losses(best)])
    with pytest.raises(KleiberError, match="keep='first'"):
        read(given, keep="first")


def test_runs_without_labels_are_told_apart_by_where_their_epochs_begin_anew() -> None:
    uneven = [row for row in logs(which=lambda n, k: k) if row["epoch"] <= 2 + row["which"]]
    lasts = sorted(row["loss"] for row in uneven if row["epoch"] == 2 + row["which"])
    bare = [{name: row[name] for name in ("n", "epoch", "loss")} for row in uneven]
    assert losses(read(bare)) == pytest.approx(lasts)
    by_epoch = sorted(({name: row[name] for name in ("n", "epoch", "loss")} for row in logs()), key=lambda r: r["epoch"])
    assert losses(read(by_epoch)) == pytest.approx(ENDS)


def test_the_last_finite_value_of_a_run_counts() -> None:
    given = logs(seed=lambda n, k: k)
    third = sorted(row["loss"] for row in given if row["epoch"] == 3)
    for gap in (math.nan, None, "", math.inf):
        found = read([{**row, "loss": gap if row["epoch"] == 4 else row["loss"]} for row in given])
        assert losses(found) == pytest.approx(third)


@pytest.mark.parametrize(
    "columns",
    [
        {"epoch": lambda n, k: (17, 23, 9, 31, 26)[(k + n // 100) % 5]},  # where each run stopped early
        {"epoch": lambda n, k: 50, "seed": lambda n, k: k},
        {"step": lambda n, k: n // 10, "tokens": lambda n, k: 300 * n},
        {"time_s": lambda n, k: n + 0.1 * k, "lr": lambda n, k: 0.1},
        {"lr": lambda n, k: 1 / n, "batch_size": lambda n, k: n // 10},
        {"gpu": lambda n, k: k % 2, "host": lambda n, k: f"node{k}"},
        {"run_id": lambda n, k: f"{n}-{k}", "timestamp": lambda n, k: f"2026-11-{k + 1:02d}T{n}"},
        {"train_acc": lambda n, k: round(1 - loss(n, k) / 3, 2), "zeta": lambda n, k: round(1 - loss(n, k) / 3, 2)},
        {"knob": lambda n, k: (k * 7 + n // 100) % 3},
        {"label": lambda n, k: "ab"[(k + n // 100) % 2]},
        {"comment": lambda n, k: "x" * 500 + str(k), "tags": lambda n, k: "[]", "": lambda n, k: 10 * n + k},
        {"cells": lambda n, k: [k]},
    ],
)
def test_columns_that_split_nothing_change_nothing(columns) -> None:
    found = read(rows(**columns))
    assert losses(found) == pytest.approx(ENDS) and {row.model for row in found.rows} == {"model"}
    assert not found.notes


@pytest.mark.parametrize("name", ["fold", "trial", "repeat", "rep", "cv_fold", "round", "iteration"])
def test_a_column_that_numbers_repeats_is_the_replicate(name) -> None:
    found = read(rows(**{name: lambda n, k: k}))
    assert losses(found) == pytest.approx(ENDS) and {row.replicate for row in found.rows} == {"0", "1", "2"}
    assert f"the column {name!r} was read as 'replicate'" in found.notes[0]


RATES = {0.001: 2.0, 0.01: 0.0, 0.1: 0.4}


def sweep(*, seeds=(0,), name="lr"):
    return [
        {"n": n, name: rate, "seed": seed, "loss": loss(n, seed) + worse}
        for n in SIZES
        for rate, worse in RATES.items()
        for seed in seeds
    ]


@pytest.mark.parametrize("name", ["lr", "learning_rate", "params.learningRate", "config/weight-decay", "params_dropout"])
def test_of_settings_that_were_searched_the_best_of_each_size_is_kept(name) -> None:
    bare = [{key: value for key, value in row.items() if key != "seed"} for row in sweep(name=name)]
    found = read(bare)
    assert losses(found) == pytest.approx(sorted(loss(n) for n in SIZES))
    (note,) = found.notes
    assert f"{name!r} was searched: the best of 3 settings of each size was kept, 5 of 15 rows" in note
    assert "by an unknown amount" in note and "--column model=" in note
    apart = read(bare, column={"model": name})
    assert len({row.model for row in apart.rows}) == 3 and len(apart.rows) == 15


def test_repeats_of_the_best_setting_stay_and_say_what_choosing_costs() -> None:
    found = read(sweep(seeds=(0, 1, 2)))
    assert losses(found) == pytest.approx(ENDS)
    assert "Held-out repeats of the best are 0.0 % worse" in found.notes[0]
    chance = np.random.default_rng(5)
    luck = [{**row, "lr": row["lr"], "loss": 1 + 0.2 * chance.normal()} for row in sweep(seeds=range(3))]
    told = read(luck).notes[0]
    assert float(told.split("are ")[1].split("%")[0]) > 3


def test_a_random_search_and_a_sweep_whose_epochs_were_logged() -> None:
    chance = np.random.default_rng(1)
    drawn = [
        {
            "n": n,
            "params_lr": float(chance.uniform()),
            "params_depth_drop": 1,
            "state": "COMPLETE",
            "loss": loss(n) + 0.1 * k,
        }
        for n in SIZES
        for k in range(4)
    ]
    assert losses(read(drawn)) == pytest.approx(sorted(map(loss, SIZES)))
    logged = [{**row, "epoch": e, "loss": row["loss"] + 1 / e} for row in sweep() for e in (1, 2, 3)]
    assert losses(read(logged)) == pytest.approx(sorted(loss(n) + 1 / 3 for n in SIZES))
    falling = logs(seed=lambda n, k: k)
    assert losses(read([{**row, "lr": 0.1 ** row["epoch"]} for row in falling])) == pytest.approx(ENDS)


def test_a_seed_and_a_setting_for_each_row_may_be_a_search_or_tuned_repeats() -> None:
    given = rows(seed=lambda n, k: k, lr=lambda n, k: 0.01 * (k + 1) + n * 1e-6, wd=lambda n, k: 0.1 * k)
    with pytest.raises(KleiberError, match="--best-of lr if the settings were searched, or --column replicate=lr if"):
        read(given)
    least = [min(loss(n, k) for k in (0, 1, 2)) for n in SIZES]
    assert losses(read(given, best_of=["lr", "wd"])) == pytest.approx(sorted(least))
    assert losses(read(given, column={"replicate": "lr"})) == pytest.approx(ENDS)
    assert losses(read([{**row, "seed": 0} for row in given])) == pytest.approx(sorted(least))
    trials = [{"trial" if name == "seed" else name: value for name, value in row.items()} for row in given]
    assert losses(read(trials)) == pytest.approx(sorted(least))
    folds = [{"fold" if name == "seed" else name: value for name, value in row.items()} for row in given]
    with pytest.raises(KleiberError, match="--column seed=lr if"):
        read(folds)
    assert losses(read(folds, column={"seed": "lr"})) == pytest.approx(ENDS)


def test_the_first_metric_chooses_for_all_and_a_score_is_best_where_it_is_highest() -> None:
    both = [{**row, "accuracy": 0.5 - row["lr"]} for row in sweep()]
    found = read([{key: value for key, value in row.items() if key != "seed"} for row in both])
    assert sorted({row.loss for row in found.rows if row.metric == "error"}) == pytest.approx([0.51])
    scores = [{"n": row["n"], "lr": row["lr"], "accuracy": 1 - row["loss"] / 9} for row in sweep()]
    assert losses(read(scores)) == pytest.approx(sorted(loss(n) / 9 for n in SIZES))


def test_where_test_and_validation_are_there_the_validation_chooses() -> None:
    given = [
        {"n": row["n"], "lr": row["lr"], "epoch": e, "val_loss": row["loss"] + 1 / e, "test_loss": 9 - row["loss"] - e}
        for row in sweep()
        for e in (1, 2, 3)
    ]
    found = read(given, keep="best")
    assert losses(found) == pytest.approx(sorted(6 - loss(n) for n in SIZES))
    assert "best (val_loss) row" in found.notes[1] and "It was chosen by 'val_loss'." in found.notes[2]
    blank = read([{**row, "val_loss": None} for row in given])
    assert losses(blank) == pytest.approx(sorted(6 - loss(n) - 2.0 for n in SIZES))


def test_settings_of_another_name_are_asked_for_and_named() -> None:
    given = [{"n": row["n"], "knob": row["lr"], "loss": row["loss"]} for row in sweep()]
    with pytest.raises(KleiberError) as caught:
        read(given)
    for way in (
        "'knob' ('0.001', '0.01', '0.1')",
        "--column model=knob",
        "--where knob=0.001",
        "--best-of knob",
        "--column replicate=knob",
    ):
        assert way in str(caught.value)
    assert len(read(given, column={"model": "knob"}).rows) == 15
    assert len(read(given, where={"knob": 0.001}).rows) == 5
    assert losses(read(given, best_of="knob")) == pytest.approx(sorted(map(loss, SIZES)))
    assert len(read(given, column={"replicate": "knob"}).rows) == 15
    with pytest.raises(KleiberError, match="best_of='nob': no such column"):
        read(given, best_of=["nob"])


FLOORS = {"a": 0.1, "b": 0.3}


def unlike(name, *, many=(0, 1), **columns):
    return [
        {"n": n, name: value, "seed": k, "loss": loss(n, k, floor), **columns}
        for n in SIZES
        for value, floor in FLOORS.items()
        for k in many
    ]


@pytest.mark.parametrize("name", ["architecture", "arch", "model_name", "net", "params.model", "Algorithm"])
def test_a_column_of_models_is_used_and_said(name) -> None:
    found = read(unlike(name))
    assert {row.model for row in found.rows} == {"a", "b"} and f"the models are named by {name!r}" in found.notes[0]
    one_each = [{**row, name: f"{row['n']}{row[name]}{row['seed']}"} for row in unlike(name)]
    assert {row.model for row in read(one_each).rows} == {"model"}  # no model has two sizes


@pytest.mark.parametrize("name", ["dataset", "test_set", "study", "n_params", "task", "width"])
def test_unlike_curves_are_never_averaged(name) -> None:
    given = unlike(name)
    with pytest.raises(KleiberError, match=f"differ by {name!r} .*--column model={name} .*--where {name}=a"):
        read(given)
    assert {row.model for row in read(given, column={"model": name}).rows} == {"a", "b"}
    assert len(read(given, where={name: "a"}).rows) == 10
    named = read([{**row, "model": "net"} for row in given])
    assert {row.model for row in named.rows} == {f"net, {name}=a", f"net, {name}=b"}
    assert "each value was read as a curve of its own" in named.notes[0]


def test_data_sets_measured_at_unlike_sizes_are_told_apart_too() -> None:
    given = [
        {"n": n * (1.3 if d == "b" else 1), "dataset": d, "loss": loss(n, 0, f)} for n in SIZES for d, f in FLOORS.items()
    ]
    with pytest.raises(KleiberError, match="differ by 'dataset'"):
        read(given)
    assert {row.model for row in read([{**row, "model": "net"} for row in given]).rows} == {
        "net, dataset=a",
        "net, dataset=b",
    }
    wider = [{"n": n, "width": 16 if n < 400 else 64, "seed": k, "loss": loss(n, k)} for n in SIZES for k in (0, 1)]
    assert not read(wider).notes and len(read(wider).rows) == 10


def test_what_splits_one_model_alone_splits_no_other() -> None:
    given = [{**row, "model": "one"} for row in unlike("treatment")] + [
        {"n": n, "model": "two", "treatment": "a", "seed": 0, "loss": loss(n)} for n in SIZES
    ]
    assert {row.model for row in read(given).rows} == {"one, treatment=a", "one, treatment=b", "two"}


def test_a_state_that_is_none_of_a_run_is_a_column_like_any_other() -> None:
    given = [{**row, "state": {"a": "CA", "b": "NY"}[row["state"]]} for row in unlike("state")]
    with pytest.raises(KleiberError, match="differ by 'state'"):
        read(given)


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        (("train", "val"), "val"),
        (("Train", "Validation", "Test"), "Test"),
        (("training", "test"), "test"),
        (("val", "test_set"), "test_set"),
        (("train", "eval"), "eval"),
    ],
)
@pytest.mark.parametrize("name", ["split", "subset", "phase"])
def test_training_rows_are_never_averaged_with_those_held_out(name, parts, kept) -> None:
    given = [
        {"n": n, name: part, "seed": k, "loss": loss(n, k, 0.1 * i)}
        for n in SIZES
        for i, part in enumerate(parts)
        for k in (0, 1)
    ]
    found = read(given)
    assert losses(found) == pytest.approx(sorted(row["loss"] for row in given if row[name] == kept))
    assert f"{name!r}: the 10 rows of {kept!r} were read" in found.notes[0]
    other = read(given, where={name: parts[0]})
    assert losses(other) == pytest.approx(sorted(row["loss"] for row in given if row[name] == parts[0]))


def test_a_split_that_is_numbered_is_a_repeat() -> None:
    found = read(rows(split=lambda n, k: k))
    assert losses(found) == pytest.approx(ENDS) and not found.notes


def test_a_column_that_cannot_be_read_does_not_hide_the_others() -> None:
    given = logs()
    table = {name: [row[name] for row in given] for name in ("n", "epoch", "loss")}
    assert losses(read({**table, "note": "one text", "size_of": [1, 2]})) == pytest.approx(ENDS)


HASHES = {n: f"{n * 7919 % 65521:04x}a{n:06x}" for n in SIZES}


@pytest.mark.parametrize(
    "name", ["data_hash", "subset_id", "dataset", "data", "fingerprint", "train_file", "config", "task"]
)
@pytest.mark.parametrize("form", ["{hash}", "{hash}{k}", "subset_{n}_{k}", "data/{n}.jsonl"])
def test_what_changes_with_the_size_is_no_setting_and_makes_no_curves(name, form) -> None:
    named = rows(**{name: lambda n, k: form.format(hash=HASHES[n], n=n, k=k)})
    for given in (named, [{**row, "model": "net"} for row in named], rows(**{name: lambda n, k: n + k})):
        found = read(given)
        assert losses(found) == pytest.approx(ENDS) and len({row.model for row in found.rows}) == 1 and not found.notes


def test_versions_of_data_make_curves_of_their_own() -> None:
    with pytest.raises(KleiberError, match="differ by 'data_version'"):
        read(unlike("data_version"))
