"""Trials trained in one pass end as they do alone, within rounding, and what cannot be stacked is trained alone."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from tests.trainers.test_torch import task_of

from kleiber.datasets import load_dataset
from kleiber.trainers import Diverged
from kleiber.trainers.torch import Options, train, train_together


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", seed=0, options={})


@pytest.fixture(scope="module")
def images():
    return load_dataset("mnist5k", seed=0, options={})


def tasks_of(dataset, n, draws, **fields):
    made = [task_of(dataset, n=n, seed64=seed, params=params, **fields) for seed, params in enumerate(draws)]
    rung = made[0][0].train
    return [replace(task, train=rung) for task, _ in made], [history for _, history in made]


def alone(dataset, n, draws, options, **fields):
    found = []
    for seed, params in enumerate(draws):
        task, history = task_of(dataset, n=n, seed64=seed, params=params, **fields)
        found.append((train(task, options), history))
    return found


MLPS = [{"lr": 0.02 * (i + 1), "momentum": 0.3 + 0.1 * i, "weight_decay": 1e-3 * i, "hidden": 16 + 7 * i} for i in range(5)]
LENETS = [{"lr": 0.03, "conv1": 6 + i, "conv2": 9 + 2 * i, "fc1": 30 + 5 * i, "fc2": 20 + i} for i in range(3)]


def test_trials_of_unlike_width_end_as_they_do_alone(digits):
    options = Options(epochs=8)
    tasks, histories = tasks_of(digits, 200, MLPS)
    together, single = train_together(tasks, options), alone(digits, 200, MLPS, options)
    for packed, (one, history) in zip(histories, single, strict=True):
        assert packed[:2] == pytest.approx(history[:2], rel=1e-4)
        assert one.validation["loss"] <= min(history) * (1 + 1e-6)
    # At the two highest learning rates rounding grows into another path: benchmarks/engine.py shows that it has no bias.
    for packed, (one, _) in list(zip(together, single, strict=True))[:3]:
        assert (packed.epochs, packed.examples, packed.message) == (one.epochs, one.examples, one.message)
        assert packed.validation["loss"] == pytest.approx(one.validation["loss"], rel=1e-4)


def keep(found, trial, epoch, loss, train_loss):
    found[trial, epoch] = train_loss


def test_training_losses_agree_with_those_alone(digits):
    def told(train_all):
        found = {}
        draws, tasks = list(enumerate(MLPS[:3])), []
        for i, params in draws:
            report = partial(keep, found, i)
            tasks.append(task_of(digits, n=100, seed64=i, params=params, report=report)[0])
        train_all(tasks)
        return found

    options = Options(epochs=2)
    together = told(lambda tasks: train_together(tasks, options))
    assert together == pytest.approx(told(lambda tasks: [train(task, options) for task in tasks]), rel=1e-4)
    assert len(together) == 6


def test_convolutions_agree_after_the_first_epoch(images):
    options = Options(epochs=1, watch=300)
    tasks, histories = tasks_of(images, 120, LENETS, net="lenet")
    train_together(tasks, options)
    for history, (_, single) in zip(histories, alone(images, 120, LENETS, options, net="lenet"), strict=True):
        assert history[0] == pytest.approx(single[0], rel=1e-4)


def test_one_that_diverges_and_one_that_stops_early_leave_the_others_be(digits):
    draws = [{"lr": 1e6, "momentum": 1.0}, {"lr": 0.02}, {"lr": 0.5}, {"lr": 1e-6}]
    tasks, histories = tasks_of(digits, 60, draws)
    found = train_together(tasks, Options(epochs=12))
    assert isinstance(found[0], Diverged)
    single = alone(digits, 60, draws[1:], Options(epochs=12))
    for packed, (one, _) in zip(found[1:], single, strict=True):
        assert packed.epochs > 0 and one.epochs > 0
    assert found[3].message.startswith("given up")
    assert [len(history) for history in histories[1:]] == [outcome.epochs for outcome in found[1:]]


def test_trials_on_their_own_subsets_are_scored_together(digits):
    draws = [{"lr": 0.03}] * 2
    made = [
        task_of(
            digits, n=100, seed64=i, params=params, purpose="score", test=digits.test,
            train=digits.train.take(np.arange(100 * i, 100 * (i + 1))),
        )[0]
        for i, params in enumerate(draws)
    ]  # fmt: skip
    together = train_together(made, Options(epochs=5))
    for task, packed in zip(made, together, strict=True):
        single = train(task, Options(epochs=5))
        assert packed.test["loss"] == pytest.approx(single.test["loss"], rel=1e-3)


def test_a_pack_pauses_and_goes_on(digits, tmp_path):
    options = Options(epochs=6, patience=6)
    whole = train_together(tasks_of(digits, 100, MLPS[:3])[0], options)
    first = [replace(t, until=2, pause=tmp_path / f"{i}.pt") for i, t in enumerate(tasks_of(digits, 100, MLPS[:3])[0])]
    assert {outcome.epochs for outcome in train_together(first, options)} == {2}
    rest = [replace(t, resume=tmp_path / f"{i}.pt") for i, t in enumerate(tasks_of(digits, 100, MLPS[:3])[0])]
    for after, all_along in zip(train_together(rest, options), whole, strict=True):
        assert after.validation["loss"] == pytest.approx(all_along.validation["loss"], rel=1e-5)
        assert after.examples == 400


@pytest.mark.parametrize(
    ("draws", "options"),
    [
        ([{"optimiser": "adamw"}] * 2, {}),
        ([{"layers": 1}, {"layers": 2}], {}),
        ([{"batch_size": 4}, {"batch_size": 16}], {}),
        ([{}, {}], {"augment": ("flip",)}),
    ],
)
def test_what_cannot_be_stacked_says_so(digits, draws, options):
    with pytest.raises(ValueError, match=r"stacked|trial by trial|not trained together"):
        train_together(tasks_of(digits, 50, draws)[0], Options(epochs=1, **options))


def test_a_momentum_of_nought_beside_others_pauses_and_goes_on(digits, tmp_path):
    draws, options = [{"lr": 0.05, "momentum": 0.0}, {"lr": 0.02, "momentum": 0.9}], Options(epochs=4, patience=4)
    whole = alone(digits, 100, draws, options)
    for i, task in enumerate(tasks_of(digits, 100, draws)[0]):
        train(replace(task, until=2, pause=tmp_path / f"{i}.pt"), options)
    rest = [replace(t, resume=tmp_path / f"{i}.pt") for i, t in enumerate(tasks_of(digits, 100, draws)[0])]
    for after, (one, _) in zip(train_together(rest, options), whole, strict=True):
        assert after.validation["loss"] == pytest.approx(one.validation["loss"], rel=1e-4)


def test_what_ended_before_a_pause_is_not_trained_anew(digits, tmp_path):
    draws, options = [{"lr": 1e-6}, {"lr": 0.05}], Options(epochs=6, patience=6)
    first = [replace(t, until=4, pause=tmp_path / f"{i}.pt") for i, t in enumerate(tasks_of(digits, 60, draws)[0])]
    ended = train_together(first, options)[0]
    assert ended.message.startswith("given up")
    rest = [replace(t, resume=tmp_path / f"{i}.pt") for i, t in enumerate(tasks_of(digits, 60, draws)[0])]
    for after in (train_together(rest, options)[0], train(rest[0], options)):
        assert (after.validation, after.examples, after.epochs) == (ended.validation, 0, 3)


def test_a_net_that_does_not_learn_in_part_is_not_stacked(digits, tmp_path):
    (tmp_path / "frozen.py").write_text(
        "import torch\n\ndef Net(outputs):\n"
        "    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(8), torch.nn.Linear(8, outputs))\n"
        "    net[2].weight.requires_grad_(False)\n    return net\n"
    )
    tasks, _ = tasks_of(digits, 50, [{}, {}], net=f"{tmp_path / 'frozen.py'}:Net")
    with pytest.raises(ValueError, match="do not learn"):
        train_together(tasks, Options(epochs=1))


def test_the_callers_generator_is_left_as_it_was(digits):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    train_together(tasks_of(digits, 50, MLPS[:2])[0], Options(epochs=1))
    assert torch.equal(torch.rand(1), expected)
