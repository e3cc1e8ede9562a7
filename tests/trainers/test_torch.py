import itertools
import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from kleiber.datasets import Part, load_dataset
from kleiber.errors import KleiberError
from kleiber.records import part_of
from kleiber.trainers import Check, Diverged, Task
from kleiber.trainers._engine.batch import batch_size
from kleiber.trainers._engine.data import Examples, Scale
from kleiber.trainers._engine.nets import build_net
from kleiber.trainers._engine.single import evaluate
from kleiber.trainers.torch import Options, check, train

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", seed=0, options={})


def task_of(dataset, n=200, **changes):
    history = []
    fields = {
        "train": dataset.train.take(np.arange(n)),
        "validation": dataset.validation,
        "test": None,
        "n": n,
        "replicate": 1,
        "seed64": 1,
        "purpose": "search",
        "params": {"lr": 0.01, "hidden": 32},
        "kind": dataset.task,
        "classes": dataset.classes,
        "chance": dataset.chance,
        "net": "mlp",
        "metrics": (),
        "device": "cpu",
        "report": lambda epoch, loss, train_loss: history.append(loss),
    }
    return Task(**{**fields, **changes}), history


def asked(dataset, net, params, device="cpu"):
    return Check(net, params, dataset, device, "loss", ())


def test_whatever_a_net_of_ones_own_raises_is_named_with_its_line(digits, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def make():\n    raise OSError('no weights.bin')\n")
    with pytest.raises(KleiberError, match=r"net '.*mine.py:make' with {}: OSError: no weights.bin \(mine.py, line 2\)"):
        check(asked(digits, f"{file}:make", {}))


def test_a_net_learns_and_the_test_set_is_read_for_score_trials_alone(digits):
    task, _history = task_of(digits)
    outcome = train(task, Options(epochs=8))
    assert outcome.test is None
    assert outcome.validation["loss"] < 0.6 * math.log(10)
    assert outcome.validation["error"] < 0.4
    assert outcome.examples == outcome.epochs * 200
    scored, _ = task_of(digits, test=digits.test, purpose="score")
    assert {name for name in train(scored, Options(epochs=2)).test if not part_of(name)} == {"loss", "error"}


def test_the_same_seed_gives_the_same_bits_and_another_one_does_not(digits):
    first, again = (train(task_of(digits)[0], Options(epochs=3)).validation for _ in range(2))
    assert first == again
    assert train(task_of(digits, seed64=2)[0], Options(epochs=3)).validation != first


def test_training_leaves_the_callers_generator_as_it_was(digits):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    train(task_of(digits)[0], Options(epochs=1))
    assert torch.equal(torch.rand(1), expected)


def test_the_weights_of_the_best_epoch_are_kept_and_measured(digits, tmp_path):
    # A learning rate at the brink, so that the loss jumps about and the last epoch is not the best.
    task, history = task_of(
        digits,
        n=40,
        params={"lr": 0.4, "hidden": 64},
        test=digits.test,
        purpose="score",
        weights=tmp_path / "w.safetensors",
    )
    outcome = train(task, Options(epochs=12, patience=3))
    best = int(np.argmin(history))
    assert best < len(history) - 1, "the case shows nothing if the last epoch is the best"
    assert outcome.validation["loss"] == pytest.approx(history[best], rel=1e-6)
    scale = Scale.of(task.train, "classification")
    net = build_net("mlp", scale.shape, 10, task.params)
    net.load_state_dict(load_file(tmp_path / "w.safetensors"))
    assert evaluate(net, Examples(task.validation, scale, CPU))[0] == pytest.approx(history[best], rel=1e-6)


def test_training_stops_after_three_rises_in_a_row(digits):
    task, history = task_of(digits, n=40, params={"lr": 0.05, "hidden": 64}, purpose="score")
    outcome = train(task, Options(epochs=400, patience=3))
    assert outcome.epochs == len(history) < 400
    assert history[-4] < history[-3] < history[-2] < history[-1]
    rises = "".join("r" if b > a else "f" for a, b in itertools.pairwise(history))
    assert "rrr" not in rises[:-1]
    assert outcome.message == "stopped after 3 rises in a row"


def test_a_hopeless_search_trial_is_given_up_and_a_score_trial_never(digits):
    for purpose, epochs in (("search", 3), ("score", 6)):
        task, history = task_of(digits, params={"lr": 1e-6}, purpose=purpose)
        assert train(task, Options(epochs=6, patience=6)).epochs == epochs == len(history)


def test_a_loss_that_leaves_the_numbers_is_a_divergence(digits):
    with pytest.raises(Diverged) as caught:
        train(task_of(digits, params={"lr": 1e6, "momentum": 1.0})[0], Options(epochs=15, patience=15))
    assert caught.value.epoch >= 1


def test_the_validation_loss_is_the_mean_over_the_whole_set(digits):
    task, _ = task_of(digits)
    scale = Scale.of(task.train, "classification")
    net = build_net("mlp", scale.shape, 10, {})
    with torch.inference_mode():
        rung = task.train.x.astype(np.float64)
        normal = (task.validation.x - rung.mean((0, 1, 2))) / rung.std((0, 1, 2))
        logits = net(torch.from_numpy(normal.astype(np.float32)).permute(0, 3, 1, 2))
    whole = torch.nn.functional.cross_entropy(logits, torch.from_numpy(np.array(task.validation.y))).item()
    assert len(task.validation) % 64
    assert evaluate(net, Examples(task.validation, scale, CPU))[0] == pytest.approx(whole, rel=1e-5)


def test_regression_is_measured_in_the_targets_own_unit():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 5)).astype(np.float32)
    y = 1000.0 + 50 * (x @ np.arange(1.0, 6.0)) + rng.normal(size=900)
    parts = [Part(x[a:b], y[a:b]) for a, b in ((0, 500), (500, 700), (700, 900))]
    chance = {"loss": float(np.mean((parts[1].y - parts[0].y.mean()) ** 2))}
    history = []
    task = Task(
        *parts, 500, 1, 0, "score", {"lr": 0.02}, "regression", (), chance, "linear", ("mae",), "cpu",
        lambda epoch, loss, train_loss: history.append(loss),
    )  # fmt: skip
    outcome = train(task, Options(epochs=30))
    assert outcome.validation["rmse"] < 5
    assert outcome.validation["loss"] == pytest.approx(outcome.validation["rmse"] ** 2, rel=1e-4)
    assert outcome.test["mae"] < outcome.test["rmse"]
    assert history[0] < chance["loss"]


def test_metrics_by_name(digits):
    task, _ = task_of(digits, metrics=("top-3 accuracy".replace(" ", "_"), "balanced_accuracy"))
    found = train(task, Options(epochs=2)).validation
    assert set(found) == {"loss", "error", "top3_error", "balanced_error"}
    assert found["top3_error"] < found["error"]
    with pytest.raises(KleiberError, match="'auc' is not known for classification"):
        train(task_of(digits, metrics=("auc",))[0], Options(epochs=1))


@pytest.mark.parametrize(("n", "size"), [(10, 4), (200, 4), (800, 8), (3200, 32), (6400, 64), (10**6, 64)])
def test_the_batch_follows_the_size(n, size):
    assert batch_size({}, n) == size


def test_an_asked_batch_is_never_larger_than_the_rung():
    assert batch_size({"batch_size": 128}, 50) == 50


@pytest.mark.parametrize(("n", "size"), [(3200, 4), (6400, 8), (12800, 16), (40000, 64), (10**6, 64)])
def test_a_batch_size_may_follow_the_size_by_a_share_of_its_own(n, size):
    assert batch_size({"batch_size": "n/800"}, n) == size


@pytest.mark.parametrize("wrong", ["n/0", "n", "800", 0, True, 2.5])
def test_a_batch_size_that_is_none_is_named(wrong):
    with pytest.raises(KleiberError, match=rf"batch_size: must be a whole number, .*not {wrong!r}"):
        batch_size({"batch_size": wrong}, 100)


def test_unknown_hyper_parameters_and_devices_are_named(digits):
    with pytest.raises(KleiberError, match=r"\[params\] hiden: net .mlp. takes batch_size, hidden"):
        check(asked(digits, "mlp", {"hiden": 3}))
    with pytest.raises(KleiberError, match="net 'lenet' needs images of at least 16x16"):
        check(asked(digits, "lenet", {}))
    with pytest.raises(KleiberError, match="no device 'tpu9'"):
        train(task_of(digits, device="tpu9")[0], Options(epochs=1))


OWN = """
import torch
class Small(torch.nn.Module):
    def __init__(self, outputs, width=8):
        super().__init__()
        self.body = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.LazyLinear(width), torch.nn.ReLU(), torch.nn.Linear(width, outputs)
        )
    def forward(self, x):
        return self.body(x)
class Wrong(torch.nn.Module):
    def forward(self, x):
        return x
def nothing(): return 3
"""


def test_a_module_of_the_users_own_is_a_net(digits, tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    check(asked(digits, f"{file}:Small", {"width": 12}))
    outcome = train(task_of(digits, net=f"{file}:Small", params={"lr": 0.01, "width": 12})[0], Options(epochs=4))
    assert outcome.validation["loss"] < math.log(10)
    with pytest.raises(KleiberError, match=r"gives .* for two examples, but the data need"):
        check(asked(digits, f"{file}:Wrong", {}))
    with pytest.raises(KleiberError, match=r"gave int; it must give a torch.nn.Module"):
        check(asked(digits, f"{file}:nothing", {}))
    with pytest.raises(KleiberError, match="has no 'Large'"):
        check(asked(digits, f"{file}:Large", {}))


def test_the_scale_knows_the_rung_alone(digits):
    some = Scale.of(digits.train.take(np.arange(20)), "classification")
    more = Scale.of(digits.train.take(np.arange(200)), "classification")
    assert not torch.equal(some.shift, more.shift)
