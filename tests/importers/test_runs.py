"""What is one row of a tracker's runs: its size, its metric, the value that counts, and what lies beside."""

import json
import math
import types

import pytest
from tests.importers import written
from typer.testing import CliRunner

import kleiber
from kleiber.command.cli import app
from kleiber.errors import KleiberError
from kleiber.importers._history import Rule, value_of
from kleiber.importers._run import Asked, Run, flat
from kleiber.importers._tracked import tracked

NAN = math.nan


def value(points, rule="best", higher=False, **run):
    given = Run("r", **run)
    for step, number, *epoch in points:
        given.add("val_loss", step, number, *epoch)
    return value_of(given, given.series["val_loss"], Rule(*rule.split("=")[:1], *map(float, rule.split("=")[1:])), higher)


def run(name, params, values, metric="val_loss", state="finished", **more):
    made = Run(name, params=params, state=state, **more)
    for step, number in enumerate(values):
        made.add(metric, step, number)
    return made


def study(*runs, **asked):
    return tracked(runs, Asked(**asked), "here", "Test", None, 0)


def marks(found):
    return {code: names for code, names in found.marks.items() if names}


@pytest.mark.parametrize(
    ("points", "rule", "wanted"),
    [
        ([(0, 3.0), (1, 1.0), (2, 2.0)], "best", 1.0),
        ([(0, 3.0), (1, 1.0), (2, 2.0)], "last", 2.0),
        ([(0, 3.0), (1, 1.0), (2, 2.0)], "step=0", 3.0),
        ([(0, 3.0), (1, 1.0), (2, 2.0)], "step=9", None),
        ([(0, 3.0), (1, 0.1), (2, 0.2), (1, 1.0), (2, 2.0)], "best", 1.0),  # resumed: the later-written count
        ([(0, 3.0), (1, 0.1), (0, 2.0)], "last", 2.0),  # begun anew, and shorter
        ([(0, 3.0, 0), (9, 0.1, 1), (0, 1.0, 1), (5, 2.0, 2)], "best", 1.0),  # steps begin anew, epochs go on
        ([(4, 3.0, 1), (5, 0.1, 2), (6, 1.0, 1), (7, 2.0, 2)], "best", 1.0),  # epochs fall back, steps go on
        ([(0, 3.0), (0, 1.0), (0, 2.0)], "last", 2.0),  # no step was given
        ([(0, NAN), (1, 1.0), (2, 2.0)], "best", 1.0),
        ([(0, 1.0), (1, NAN)], "best", NAN),
        ([(0, 1.0), (1, 1.7976931348623157e308)], "best", NAN),
    ],
)
def test_the_value_that_counts(points, rule, wanted):
    found = value(points, rule).value
    assert found == wanted or (wanted is not None and math.isnan(wanted) and math.isnan(found))


def test_higher_is_better_and_the_kept_checkpoint():
    assert value([(0, 0.2), (1, 0.9), (2, 0.5)], higher=True).value == 0.9
    assert value([(0, 2.0, 0), (1, 1.0, 1)], "checkpoint", kept=("epoch", 0.0)).value == 2.0
    assert value([(0, 2.0), (1, 1.0)], "checkpoint").value is None


def test_a_zero_that_may_be_nan_is_never_the_best():
    assert value([(0, 2.0), (1, 0.0), (2, 1.5)], zero_unknown=True).value == 1.5
    assert math.isnan(value([(0, 2.0), (1, 0.0)], zero_unknown=True).value)


@pytest.mark.parametrize(
    ("one", "two", "asked", "wanted"),
    [
        ({"data.nTrain": "100", "seed": 1}, {"data.nTrain": "200", "seed": 1}, {}, [100, 200]),
        ({"n": "10k"}, {"n": "1M"}, {}, [10_000, 1_000_000]),
        ({"limit_train_batches": 10, "batch_size": 32}, {"limit_train_batches": 20, "batch_size": 32}, {}, [320, 640]),
        ({"fraction": 0.1}, {"fraction": 0.5}, {"pool": 5000}, [500, 2500]),
        ({"fraction": 0.1}, {"fraction": 0.5}, {}, [0.1, 0.5]),
        ({"train_percent": 10}, {"train_percent": 50}, {"pool": 1000}, [100, 500]),
        ({"train_size": 0.5}, {"train_size": 300}, {"pool": 1000}, [500, 300]),
        ({"n_thousands": 1}, {"n_thousands": 2}, {}, [1000, 2000]),
        ({"width": 8, "x": 100}, {"width": 16, "x": 200}, {"n": "x"}, [100, 200]),
        ({}, {}, {"n": r"name:-(\d+k?)"}, [1, 2000]),
        ({"n": 100, "fraction": 0.1}, {"n": 200, "fraction": 0.2}, {}, [100, 200]),
    ],
)
def test_n_is_found_in_the_stated_order(one, two, asked, wanted):
    found = study(run("a-1", one, [1.0, 0.5]), run("b-2k", two, [0.9, 0.4]), **asked)
    assert found.columns["n"] == wanted
    assert any(note.startswith("n is") for note in found.notes)


@pytest.mark.parametrize(
    ("one", "two", "asked", "said"),
    [
        ({"n_train": 80, "train_size": 100}, {"n_train": 160, "train_size": 300}, {}, "both look like the number of"),
        ({"train_size": 0.5}, {"train_size": 300}, {}, "has shares such as 0.5 and numbers such as 300. Write --pool"),
        ({"lr": 1}, {"lr": 2}, {}, "the parameters that vary are lr"),
        ({"lr": 1}, {"lr": 2}, {"n": "size"}, "no such parameter; there are lr"),
        ({"lr": 1}, {"lr": 2}, {"n": "name:x"}, "one pair of brackets"),
        ({"n": 1}, {"n": 2}, {"metric": "acc"}, "no run has a metric 'acc'; there are 'val_loss'"),
        ({"n": 1}, {"n": 2}, {"keep": "first"}, "best, last, checkpoint"),
        ({"n": 1}, {"n": 2}, {"keep": "step=7"}, "write --keep last or best"),
    ],
)  # fmt: skip
def test_what_is_open_is_asked(one, two, asked, said):
    with pytest.raises(KleiberError, match=said):
        study(run("a", one, [1.0, 0.5]), run("b", two, [0.9, 0.4]), **asked)


def test_what_lies_is_told_with_its_runs():
    found = study(
        run("good", {"n": 100}, [1.0, 0.5, 0.6, 0.6, 0.5]),
        run("twin", {"n": 100}, [1.0, 0.5, 0.6, 0.6, 0.5]),
        run("short", {"n": 100, "seed": 3}, [1.0, 0.7]),
        run("broken", {"n": 200}, [1.0, NAN]),
        run("other", {"n": 400}, [1.0, 0.3], metric="elsewhere"),
        run("lost", {}, [1.0, 0.9]),
    )
    assert marks(found) == {
        "twice": ["twin"], "short": ["short"], "diverged": ["broken"], "no-metric": ["other"], "no-n": ["lost"],
    }  # fmt: skip
    assert found.columns["run"] == ["good", "short", "broken"]
    assert found.columns["state"] == ["finished", "finished", "diverged"]


def test_a_best_of_many_and_one_value_alone_are_not_mixed():
    with pytest.raises(KleiberError, match=r"write --keep last"):
        study(run("a", {"n": 100}, [1.0, 0.5]), run("b", {"n": 200}, [0.4]))
    assert study(run("a", {"n": 100}, [1.0, 0.5]), run("b", {"n": 200}, [0.4]), keep="last").columns["val_loss"] == [
        0.5,
        0.4,
    ]


def test_a_metric_of_the_validation_set_comes_first_and_its_loss_before_its_accuracy():
    runs = [run(f"r{n}", {"n": n}, [1.0, 0.5]) for n in (100, 200)]
    for each in runs:
        for name in ("val_acc", "train_loss", "test_acc", "lr"):
            each.add(name, 0, 0.5)
            each.add(name, 1, 0.5)
    assert study(*runs).metric == "val_loss"
    assert any("There are also" in note and "val_acc" in note for note in study(*runs).notes)
    for each in runs:
        each.series.pop("val_loss")
        each.add("val_f1", 0, 0.5)
    with pytest.raises(KleiberError, match="several metrics, 'val_acc', 'val_f1': which"):
        study(*runs)


def test_a_row_with_more_cells_than_names_is_left_out(tmp_path):
    (tmp_path / "n100.csv").write_text("epoch,loss,val_loss\n0,1,0.9\n1,1,0.8\n")
    (tmp_path / "n200.csv").write_text("epoch,loss,val_loss\n0,1,0.9\n0,0.001,0.1,0.8\n")
    table = kleiber.read(tmp_path, n=r"name:n(\d+)")
    assert [row.loss for row in table.rows] == [0.8]
    assert any("1 run has rows with more cells than the header has names" in note for note in table.notes)


def test_a_divergence_behind_a_zero_is_seen_by_its_gradient(tmp_path):
    for n, lost in ((100, False), (200, True)):
        (tmp_path / f"o{n}").mkdir()
        log = [{"epoch": 1.0, "step": 1, "loss": 0.0 if lost else 0.5, "grad_norm": NAN if lost else 1.0}]
        log += [{"epoch": 1.0, "step": 1, "eval_loss": 0.4}]
        rates = {"train_samples_per_second": n * 1.0, "train_steps_per_second": 1.0}
        log += [{"epoch": 1.0, "step": 1, "train_runtime": 1.0, **rates, "train_loss": 0.08}]
        (tmp_path / f"o{n}" / "trainer_state.json").write_text(json.dumps({"log_history": log, "num_train_epochs": 1}))
    table = kleiber.read(tmp_path)
    assert [row.n for row in table.rows] == [100]
    assert any("1 run diverged behind a loss of 0.0 or a mean" in note and "o200" in note for note in table.notes)


def test_an_event_file_that_was_cut_is_read_up_to_there(tmp_path):
    for n in (100, 200):
        records = [written.event(e, summary=written.scalar("val/loss", 1 / (1 + e))) for e in range(4)]
        path = tmp_path / f"n{n}" / "events.out.tfevents.1"
        written.events(path, records)
        path.write_bytes(path.read_bytes()[: -5 if n == 200 else None])
    table = kleiber.read(tmp_path, n=r"name:n(\d+)")
    assert [row.loss for row in table.rows] == pytest.approx([1 / 4, 1 / 3])
    assert any("1 run has a file that ends within a record" in note and "n200" in note for note in table.notes)


def test_a_chart_that_was_exported_has_a_run_in_each_column(tmp_path):
    head = "Step,n100 - val_loss,n100 - val_loss__MIN,n100 - val_loss__MAX,n200 - val_loss,n200 - val_loss__MIN"
    (tmp_path / "export.csv").write_text(f"{head}\n0,1.0,1.0,1.0,0.9,0.9\n1,0.5,0.1,1.0,0.4,0.4\n")
    table = kleiber.read(tmp_path, n=r"name:n(\d+)")
    assert [(row.n, row.loss) for row in table.rows] == [(100, 0.5), (200, 0.4)]
    assert any("thins out" in note for note in table.notes)


def test_several_kinds_in_one_folder_are_asked(tmp_path):
    written.mlflow(tmp_path / "mlflow.db", [("r", {"n": 1}, {"val_loss": [(0, 1.0)]}, "FINISHED", "active")]).close()
    written.wandb(tmp_path / "w", "a", {"n": 1}, [{"val_loss": 1.0}])
    with pytest.raises(KleiberError, match=r"several kinds: W&B \(1\), MLflow \(1\). Write --from wandb"):
        kleiber.read(tmp_path)
    assert len(kleiber.read(tmp_path, kind="mlflow").rows) == 1
    with pytest.raises(KleiberError, match="holds nothing of Sacred"):
        kleiber.read(tmp_path, kind="sacred")


def test_the_command_writes_a_table_that_a_forecast_reads(tmp_path):
    runs = [
        (
            f"n{n}-{s}",
            {"n": n, "seed": s, "lr": 0.1 + s},
            {"val_acc": [(0, 0.1), (1, 1 - n**-0.4 - s / 1000)]},
            "FINISHED",
            "active",
        )
        for n in (100, 200, 400, 800)
        for s in (0, 1)
    ]
    written.mlflow(tmp_path / "mlflow.db", runs).close()
    done = CliRunner().invoke(app, ["import", str(tmp_path), "-o", str(tmp_path / "runs.csv")])
    assert done.exit_code == 0 and done.stdout.endswith("runs.csv\n"), done.output
    head, first, *_ = (tmp_path / "runs.csv").read_text().splitlines()
    assert head == "n,seed,model,run,state,val_acc,step,lr"
    assert first.startswith("100,0,,n100-0,finished,0.84")
    direct = kleiber.read(tmp_path)
    again = kleiber.read(tmp_path / "runs.csv")
    assert sorted(row.loss for row in direct.rows) == sorted(row.loss for row in again.rows)
    assert kleiber.forecast(tmp_path, metric="val_acc").status == "ok"


def test_a_display_that_draws_losses_still_holds_scores():
    display = types.SimpleNamespace(train_sizes=[50, 100], score_name="Log loss", test_scores=[[-0.5, -0.6], [-0.3, -0.4]])
    assert sorted(row.loss for row in kleiber.read(display).rows) == [0.3, 0.4, 0.5, 0.6]


def test_flat_parameters_are_bounded():
    deep = {"a": 1}
    for _ in range(50):
        deep = {"x": deep, "y": 2}
    assert len(flat(deep)) < 10 and len(flat({str(i): i for i in range(10_000)})) == 2000


def test_runs_of_one_name_are_called_by_the_folders_above_too():
    places = [f"/logs/{n}/seed_{seed}" for n in (100, 200) for seed in (0, 1)]
    runs = [run(place.rpartition("/")[2], {}, [1.0, 0.5 - 0.1 * k], place=place) for k, place in enumerate(places)]
    found = study(*runs, n=r"name:^(\d+)/")
    assert found.columns["n"] == [100, 100, 200, 200]
    assert found.columns["run"] == ["100/seed_0", "100/seed_1", "200/seed_0", "200/seed_1"]
    with pytest.raises(KleiberError, match=r"no parameter varies\. Runs are called '100/seed_0'"):
        study(*runs)


def test_a_pattern_is_looked_for_in_the_folders_above_and_labels_take_one_too():
    runs = [
        run(f"version_{k}", {}, [len(net) + (net == "mlp"), 0.5 - 0.1 * k], place=f"/home/n7/size_{n}/{net}/version_{k}")
        for n in (100, 200) for net in ("mlp", "cnn") for k in (0, 1)
    ]  # fmt: skip
    found = study(*runs, n=r"name:size_(\d+)", model="name:^(mlp|cnn)", seed=r"name:version_(\d)")
    assert found.columns["n"] == [100] * 4 + [200] * 4
    assert found.columns["model"] == ["mlp", "mlp", "cnn", "cnn"] * 2
    assert found.columns["seed"] == ["0", "1"] * 4
    above = [run(f"r{n}", {}, [1.0, 0.5], place=f"/home/n7/size_{n}/logs/r{n}") for n in (100, 200)]
    assert study(*above, n=r"name:size_(\d+)").columns["n"] == [100, 200]
    assert study(*above, n=r"name:size_(\d+)").notes[3].startswith("n is a part of the names of the folders above the run")
    with pytest.raises(KleiberError, match="fits no name of a run or of a folder above"):
        study(*runs, n=r"name:n(\d+)")  # of the home that all have in common
    with pytest.raises(KleiberError) as raised:
        study(*runs, n=r"name:size_\d+")
    assert "'name:size_\\d+'" in str(raised.value) and "\\\\" not in str(raised.value)


@pytest.mark.parametrize(
    ("names", "seeds"),
    [
        (["n100_seed3", "n200_seed4"], ["3", "4"]),
        (["s1-n100", "s2-n200"], ["1", "2"]),
        (["n100-seed=1-s7", "n200-seed=2-s7"], ["1", "2"]),
        (["n100_seed3", "n200"], ["", ""]),
        (["runs100", "runs200"], ["", ""]),
        (["s1-n100", "s1-n200"], ["", ""]),
        (["s100", "s200"], ["", ""]),
    ],
)
def test_a_seed_is_read_from_names_where_all_of_them_tell_it(names, seeds):
    found = study(*(run(name, {"n": 100 * k}, [1.0, 0.5 / k]) for k, name in enumerate(names, 1)))
    assert found.columns["seed"] == seeds
    assert any("the seed is in the runs' names" in note for note in found.notes) == any(seeds)


def test_a_table_of_sizes_is_merged_in_by_the_names_of_the_runs(tmp_path):
    runs = [run(name, {}, [1.0, 0.5], place=f"/logs/{name}") for name in ("a", "b/version_0", "c")]
    sizes = tmp_path / "sizes.csv"
    sizes.write_text("run,n\na,100\nversion_0,2k\n")
    found = study(*runs, n=str(sizes))
    assert found.columns["n"] == [100, 2000] and marks(found)["no-n"] == ["c"]
    for text, said in (
        ("name,n\na,100\n", "needs the columns run and n; it has 'name', 'n'"),
        ("run,n\nz,100\n", "has none of the runs of here, such as 'a'"),
        ("run,n\na,100\na,200\n", "line 3: 'a' has another n above"),
        ("run,n\na,many\n", "'many' is no number of examples"),
    ):
        sizes.write_text(text)
        with pytest.raises(KleiberError, match=said):
            study(*runs, n=str(sizes))
    with pytest.raises(KleiberError, match="there is no such file"):
        study(*runs, n=str(tmp_path / "none.csv"))


def test_thousands_beside_ones_are_asked_and_a_named_parameter_answers():
    runs = [run(f"r{n}", {"n_train": n}, [1.0, 0.5]) for n in (5, 10, 5000, 20000)]
    with pytest.raises(KleiberError, match=r"sizes up to 10 and from 5,000.*write --n n_train.*--leave-out 'n<5000'"):
        study(*runs)
    assert study(*runs, n="n_train").columns["n"] == [5, 10, 5000, 20000]
    for sizes in ((10, 100, 1000, 10_000), (1, 2, 4, 300), (2, 3, 4000), (8, 16, 1_000_000)):
        expected = sizes == (2, 3, 4000)  # the others have no gap, or no place for the small ones among the large
        runs = [run(f"r{n}", {"n": n}, [1.0, 0.5]) for n in sizes]
        if expected:
            with pytest.raises(KleiberError, match="thousands"):
                study(*runs)
        else:
            assert study(*runs).columns["n"] == list(sizes)


@pytest.mark.parametrize("pool", [None, 50_000])
def test_percent_beside_fractions_is_never_guessed(pool):
    runs = [run(f"r{x}", {"fraction": x}, [1.0, 0.5]) for x in (0.1, 0.5, 25, 50)]
    with pytest.raises(KleiberError, match=r"has fractions such as 0.1 and numbers such as 25, which may be percentages"):
        study(*runs, pool=pool)


@pytest.mark.parametrize("metric", [None, "train_loss"])
def test_a_metric_of_the_training_set_is_warned_of(metric):
    found = study(*(run(f"r{n}", {"n": n}, [1.0, 0.5], metric="train_loss") for n in (100, 200)), metric=metric)
    assert any("so it says nothing of new ones" in note for note in found.notes)


def test_one_run_alone_is_told_to_name_the_folder_of_all(tmp_path):
    written.lightning_log(tmp_path / "version_0", [0.5, 0.4])
    assert "Name the folder that holds the runs of all sizes." in study(run("a", {"n": 100}, [1.0, 0.5])).notes[0]
    with pytest.raises(KleiberError, match="This is one run, and a curve needs several sizes"):
        kleiber.read(tmp_path)
    with pytest.raises(KleiberError, match="the log of one run: name the folder that holds the logs of all runs"):
        kleiber.read(tmp_path / "version_0" / "metrics.csv")


def test_a_lightning_run_that_is_resumed_lies_in_two_versions(tmp_path):
    for n, parts in ((100, [[0.9, 0.8], [0.7, 0.6]]), (200, [[0.5, 0.4], [0.45, 0.35]])):
        start = 0
        for k, values in enumerate(parts):
            start = 2 * k if n == 200 else 0
            written.lightning_log(tmp_path / f"n{n}" / f"version_{k}", values, start, f"n: {n}\n")
    table = kleiber.read(tmp_path, keep="last")
    assert sorted((row.n, row.loss) for row in table.rows) == [(100, 0.6), (100, 0.8), (200, 0.35)]
    assert any("1 run lies in several files or folders" in note and "n200" in note for note in table.notes)


def test_a_trial_of_ray_that_was_tried_again_has_not_failed(tmp_path):
    for n, dates in ((100, ("10-00-02",)), (200, ("10-00-01", "10-00-05")), (400, ("10-00-03",))):
        folder = tmp_path / f"trial_{n}"
        folder.mkdir()
        (folder / "params.json").write_text(json.dumps({"n": n}))
        rows = [{"val_loss": 1 / n, "training_iteration": 1, "date": f"2026-11-29_{date}"} for date in dates]
        (folder / "result.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
        if n > 100:
            (folder / "error.txt").write_text("Failure # 1 (occurred at 2026-11-29_10-00-03)\nOSError\n")
    assert [row.n for row in kleiber.read(tmp_path, keep="last").rows] == [100, 200]


def test_a_detector_that_finds_nothing_yet_has_validated(tmp_path):
    for n in (0.5, 1.0):
        folder = tmp_path / f"r{n}"
        folder.mkdir()
        (folder / "results.csv").write_text(f"epoch,time,metrics/mAP50(B),val/cls_loss\n1,0,0,0\n2,1,0,{n}\n")
        (folder / "args.yaml").write_text(f"fraction: {n}\n")
    table = kleiber.read(tmp_path, metric="val/cls_loss", pool=100)
    assert [(row.n, row.loss) for row in table.rows] == [(50, 0.5), (100, 1.0)]


def test_charts_that_tensorboard_let_somebody_download_are_runs(tmp_path):
    for n in (100, 200):
        for tag, scale in (("val_loss", 1), ("train_loss", 0.5)):
            rows = "".join(f"1764000000.5,{step},{scale * (1 / n + 1 / (1 + step))}\n" for step in range(3))
            (tmp_path / f"run-n{n}-tag-{tag}.csv").write_text("Wall time,Step,Value\n" + rows)
    table = kleiber.read(tmp_path, n=r"name:n(\d+)")
    assert [(row.n, row.loss) for row in table.rows] == [(n, pytest.approx(1 / n + 1 / 3)) for n in (100, 200)]
    assert any("the metric is 'val_loss'" in note for note in table.notes)
    assert len(kleiber.read(tmp_path / "run-n100-tag-val_loss.csv", n=r"name:n(\d+)").rows) == 1


@pytest.mark.parametrize("kind", ["transformers", "dvclive", "keras"])
def test_what_is_saved_at_the_end_of_a_run_is_read_where_no_history_is(kind, tmp_path):
    for n in (100, 200):
        folder = tmp_path / f"n{n}_seed0"
        folder.mkdir()
        if kind == "transformers":
            given = {"epoch": 3.0, "eval_loss": 1 / n, "eval_runtime": 2.0, "eval_samples": 50, "train_samples": n}
            (folder / "all_results.json").write_text(json.dumps(given))
        elif kind == "dvclive":
            (folder / "metrics.json").write_text(json.dumps({"val": {"loss": 1 / n}}))
            (folder / "params.yaml").write_text(f"n: {n}\n")
        else:
            history = {"loss": [1.0, 0.5], "val_loss": [1 / n]}
            (folder / "history.json").write_text(json.dumps(history))
    table = kleiber.read(tmp_path, n=r"name:n(\d+)" if kind == "keras" else None)
    assert [(row.n, row.loss) for row in table.rows] == [(100, 0.01), (200, 0.005)]
