"""The first look: exactness of the nested solve, the same for one size and for all, refusals, the command."""

import json
import subprocess
import sys

import numpy as np
import pytest

from kleiber.datasets import Part, load_dataset
from kleiber.errors import KleiberError
from kleiber.study.preview import preview, sizes_of
from kleiber.study.schedule import schedule
from kleiber.study.study import Study
from kleiber.trainers import Check, Task
from kleiber.trainers._features import squared_distances
from kleiber.trainers._judge import judged
from kleiber.trainers._ridge import LARGEST, fit_nested
from kleiber.trainers.kernel import Options, check, train


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", seed=0, options={})


def task_of(dataset, n, **changes):
    fields = {
        "train": dataset.train.take(np.arange(n)), "validation": dataset.validation, "test": dataset.test, "n": n,
        "replicate": 1, "seed64": 1, "purpose": "score", "params": {}, "kind": dataset.task, "classes": dataset.classes,
        "chance": dataset.chance, "net": "lenet", "metrics": (), "device": "cpu", "report": lambda epoch, loss: None,
    }  # fmt: skip
    return Task(**{**fields, **changes})


def test_each_nested_size_is_solved_as_if_alone():
    rng = np.random.default_rng(0)
    x, y, new = rng.normal(size=(60, 4)).astype(np.float32), rng.normal(size=(60, 3)), rng.normal(size=(7, 4))
    learnt = fit_nested(x, y, [10, 25, 60], width=2.0, ridge=0.1)
    for said, start, n in zip(learnt.outputs(new.astype(np.float32)), learnt.start, (10, 25, 60), strict=True):
        near = np.exp(-((x[:n, None] - x[None, :n]) ** 2).sum(2) / 2.0) + 0.1 * np.eye(n)
        weights = np.linalg.solve(near.astype(float), y[:n] - y[:n].mean(0))
        exact = np.exp(-((new[:, None] - x[None, :n]) ** 2).sum(2) / 2.0) @ weights
        assert np.allclose(start, y[:n].mean(0))
        assert np.allclose(said, exact, atol=2e-5)


def test_distances_are_never_negative():
    x = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32) + 1000
    assert squared_distances(x, x).min() >= 0


def test_the_temperature_does_no_worse_on_validation_than_the_class_frequencies():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 3, 400)
    noise = rng.normal(size=(400, 3))
    ((guess,), (good,)) = (judged([o], [y], np.full(3, 1 / 3), 300, ["loss"]) for o in (noise, np.eye(3)[y] + 0.1 * noise))
    assert guess["loss"] <= np.log(3) * 1.01
    assert good["loss"] < 0.1


def test_the_trainer_gives_what_the_preview_gives_at_each_size(digits):
    study = Study(data="digits", net="mlp", sizes=[50, 100, 200, 400, 800], replicates=3, params={"lr": 0.01})
    plan = schedule(study, digits)
    look = preview(plan, digits)
    assert look.sizes == (50, 100, 200, 400, 800)
    losses = {n: np.mean([row["loss"] for row in look.rows if row["n"] == n]) for n in look.sizes}
    assert sorted(losses.values(), reverse=True) == list(losses.values())
    assert losses[800] < 0.25 < losses[50]
    row = next(row for row in look.rows if row["n"] == 200 and row["replicate"] == 1)
    from kleiber import ladder

    order = ladder.order(digits.train.y, stratified=True, seed=0, replicate=1)
    alone = train(
        task_of(digits, 200, train=digits.train.take(order[:200]), params=dict(look.chosen)), Options(judges=2000)
    )
    assert alone.test["loss"] == pytest.approx(row["loss"], rel=1e-4)
    assert alone.test["error"] == pytest.approx(row["error"], abs=1e-9)
    assert preview(plan, digits).rows == look.rows


def test_rows_of_a_regression_are_learnt_in_their_own_unit():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1200, 3)).astype(np.float32)
    y = 500 + 20 * np.sin(x[:, 0]) * x[:, 1] + rng.normal(size=1200)
    parts = {
        "train": Part(x[:800], y[:800]),
        "validation": Part(x[800:1000], y[800:1000]),
        "test": Part(x[1000:], y[1000:]),
    }
    digits = load_dataset("digits", seed=0, options={})
    fields = {**parts, "kind": "regression", "classes": (), "chance": {}, "metrics": ("mae",)}
    found = [train(task_of(digits, 800, **fields, params={"ridge": r}), Options()) for r in (0.01, 100.0)]
    assert found[0].test["rmse"] < 3 < found[1].test["rmse"]
    assert found[0].test["loss"] == pytest.approx(found[0].test["rmse"] ** 2, rel=1e-6)


def test_what_is_too_large_or_unknown_is_refused(digits):
    with pytest.raises(KleiberError, match="are too many for an exact kernel"):
        fit_nested(np.zeros((3, 2), np.float32), np.zeros((3, 1)), [LARGEST + 1], width=1.0, ridge=1.0)
    with pytest.raises(KleiberError, match="add smaller sizes"):
        sizes_of([LARGEST * 2], 10)
    assert sizes_of([3200], 10) == [200, 400, 800, 1600, 3200]
    for params, said in (
        ({"lr": 0.1}, "lr: the trainer kernel takes ridge, width"),
        ({"ridge": 0}, "ridge: must be above 0"),
    ):
        with pytest.raises(KleiberError, match=said):
            check(Check("lenet", params, digits, "cpu", "loss", ()))


def test_the_command_draws_the_curve_tells_the_cost_and_writes_no_ledger(tmp_path):
    command = [sys.executable, "-m", "kleiber", "run", "s.toml", "--preview"]
    (tmp_path / "s.toml").write_text(
        'data = "digits"\nnet = "mlp"\nsizes = [50, 100, 200, 400, 800]\nparams = { lr = 0.02 }\n'
    )
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "not mlp: its curve has the data's shape" in done.stdout
    assert "The study itself: 15 trials" in done.stdout and "at most with 1 worker" in done.stdout
    assert not list(tmp_path.glob("*.db"))
    done = subprocess.run([*command, "--json", "--out", "look"], cwd=tmp_path, capture_output=True, text=True)
    found = json.loads(done.stdout)
    assert {row["n"] for row in found["preview"]["rows"]} == {50, 100, 200, 400, 800}
    assert found["findings"]["curves"][0]["forecast"]["status"] == "ok"
    assert found["cost"]["seconds"] > 0
    assert (tmp_path / "look" / "preview.html").is_file()
