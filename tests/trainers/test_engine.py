"""The parts of the training engine: legs and their batches, rates, pauses, what is watched, augmentation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from tests.trainers.test_torch import task_of

from kleiber.datasets import Part, load_dataset
from kleiber.trainers._engine import augment, length, rates
from kleiber.trainers._engine.data import ROWS, Examples, Scale, watched
from kleiber.trainers._engine.length import length_of
from kleiber.trainers._engine.nets import fresh
from kleiber.trainers._engine.running import rules_for
from kleiber.trainers._engine.single import evaluate
from kleiber.trainers.torch import Options, train


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits", seed=0, options={})


def test_a_pass_shows_each_example_once_and_differs_from_the_next():
    found = length_of("early-stop", 5, None, n=10, batch=4)
    first, second = (torch.cat(found.batches(7, leg)) for leg in (1, 2))
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(10))
    assert first.tolist() != second.tolist()
    assert [len(batch) for batch in found.batches(7, 1)] == [4, 4, 2]
    assert found.seen(2) == 20


@pytest.mark.parametrize(
    ("n", "batch", "sizes"), [(9, 4, [4, 5]), (5, 4, [5]), (1, 4, [1]), (8, 4, [4, 4]), (3, 1, [1] * 3)]
)
def test_no_step_of_a_pass_has_one_example_alone(n, batch, sizes):
    two = length_of("epochs", 2, None, n=n, batch=batch)
    assert [len(found) for found in two.batches(0, 1)] == [len(found) for found in two.batches(0, 2)] == sizes
    assert sorted(torch.cat(two.batches(0, 2)).tolist()) == list(range(n))
    assert two.seen(2) == 2 * n


def test_a_rate_that_still_rises_is_not_given_up(digits):
    params = {"lr": 1e-6}
    for schedule, epochs in (("constant", 3), ("one-cycle", 6), ("warm-up", 4)):
        found = train(task_of(digits, n=60, params=params)[0], Options(length="epochs", epochs=10, schedule=schedule))
        assert (found.epochs, found.message[:8]) == (epochs, "given up")


def test_guessing_is_judged_by_the_examples_that_are_watched():
    x = np.random.default_rng(0).normal(size=(2000, 3)).astype(np.float32)
    y = x.sum(1).astype(np.float64)
    wild = y.copy()
    wild[1000:] *= 10  # what is not watched
    task, _ = task_of(load_dataset("digits", seed=0, options={}), n=100)
    task = replace(
        task, train=Part(x[:100], y[:100]), validation=Part(x, wild), kind="regression", classes=(), params={"lr": 1e-6},
        chance={"loss": float(np.var(wild))}, net="linear",
    )  # fmt: skip
    rules = rules_for(task, Options(), Part(x[:1000], y[:1000]))
    assert rules.chance == pytest.approx(float(np.var(y[:1000])))


def test_an_equal_number_of_steps_takes_up_where_the_last_leg_ended():
    assert [len(length_of("steps", legs=4, steps=18, n=10, batch=4).batches(3, leg)) for leg in range(1, 5)] == [4, 5, 4, 5]
    assert length_of("steps", legs=15, steps=10, n=10, batch=4).legs == 10
    found = length_of("steps", legs=4, steps=20, n=10, batch=4)
    seen = [index for leg in range(1, 5) for index in torch.cat(found.batches(3, leg)).tolist()]
    assert all(sorted(seen[start : start + 10]) == list(range(10)) for start in range(0, 60, 10))
    assert len(seen) == found.seen(4) == 68


def test_a_share_of_a_leg_has_a_hundred_steps_or_all():
    for n, steps in ((200, 50), (400, 100), (1200, 150)):
        assert length_of("epochs", 2, None, n=n, batch=4).within(1, 0.5) == steps


def test_rates_rise_and_fall_and_a_constant_one_stays():
    for name, peak in (("one-cycle", 0.3), ("warm-up", 0.05)):
        along = np.array([rates.factor(name, step, 200) for step in range(200)])
        assert along.argmax() == pytest.approx(200 * peak, abs=1)
        assert along.max() > 0.99
        assert along[-1] < 1e-3
    assert {rates.factor("constant", step, 9) for step in range(9)} == {1.0}


@pytest.mark.parametrize("schedule", ["constant", "one-cycle"])
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("until", [0.4, 2])
def test_a_trial_that_pauses_goes_on_to_the_same_bits_with_and_without_its_file(
    digits, tmp_path, monkeypatch, schedule, kept, until
):
    monkeypatch.setattr(length, "LEAST", 1)
    options = Options(epochs=5, patience=5, schedule=schedule)
    whole_task, whole_history = task_of(digits)
    whole = train(whole_task, options)
    file = tmp_path / "paused.pt"
    paused = train(task_of(digits, until=until, pause=file)[0], options)
    assert (paused.epochs, paused.message) == (int(until), f"paused after epoch {until}")
    assert paused.examples == pytest.approx(200 * until)
    if not kept:
        file.write_bytes(b"torn")
    task, history = task_of(digits, resume=file)
    after = train(task, options)
    assert history == whole_history
    assert (after.validation, after.epochs) == (whole.validation, whole.epochs)
    assert after.examples == pytest.approx(200 * (5 - until if kept else 5))


class Dropping(torch.nn.Sequential):
    """A net with a random layer."""

    def __init__(self, outputs):
        super().__init__(torch.nn.Flatten(), torch.nn.Linear(64, 16), torch.nn.Dropout(0.5), torch.nn.Linear(16, outputs))


def test_what_is_drawn_within_an_epoch_is_the_same_after_a_pause_in_it(digits, tmp_path, monkeypatch):
    monkeypatch.setattr(length, "LEAST", 1)
    told = []
    for until, how in ((None, {}), (0.5, {"pause": tmp_path / "t.pt"}), (None, {"resume": tmp_path / "t.pt"})):
        net = {"net": f"{__file__}:Dropping", "params": {"lr": 0.05}}
        told.append(train(task_of(digits, until=until, **net, **how)[0], Options(epochs=2)).validation)
    assert told[2] == told[0] != told[1]


def test_what_is_watched_is_the_same_stratified_part_for_each_trial(digits):
    rng = np.random.default_rng(0)
    part = Part(rng.integers(0, 255, (4000, 2, 2, 1), dtype=np.uint8), rng.integers(0, 4, 4000))
    some = watched(part, "classification", "auto", 200, "stops")
    assert len(some) == 1000
    assert some is watched(part, "classification", "auto", 200, "stops")
    shares = np.bincount(some.y, minlength=4) / 1000 - np.bincount(part.y, minlength=4) / 4000
    assert np.abs(shares).max() < 0.002
    assert len(watched(part, "classification", "auto", 6000, "stops")) == 3000
    assert [len(watched(part, "classification", "auto", 6000, use)) for use in ("looks", "judges")] == [750, 1500]
    few = watched(part, "classification", "auto", 200, "looks")
    assert len(few) == 500 and {row.tobytes() for row in few.x} <= {row.tobytes() for row in some.x}
    assert watched(part, "classification", "all", 200, "looks") is part
    assert len(watched(part, "classification", 30, 200, "judges")) == 30


def test_images_stay_integers_on_the_device_and_are_normalised_by_the_rung():
    rng = np.random.default_rng(1)
    x = rng.integers(0, 255, (50, 5, 4, 3), dtype=np.uint8)
    part = Part(x, rng.integers(0, 2, 50))
    examples = Examples(part, Scale.of(part, "classification"), torch.device("cpu"))
    assert examples._x.dtype == torch.uint8
    given = examples.inputs(torch.tensor([[3, 1], [0, 7]]))
    assert given.shape == (2, 2, 3, 5, 4)
    wide = x.astype(np.float64)
    expected = (wide - wide.mean((0, 1, 2))) / wide.std((0, 1, 2))
    assert np.allclose(given[1, 0].numpy(), expected[0].transpose(2, 0, 1), atol=1e-5)
    assert examples.inputs(slice(0, 8)).is_contiguous(memory_format=torch.channels_last)


def test_augmentation_mirrors_about_half_and_moves_without_wrapping():
    torch.manual_seed(0)
    x = torch.randn(400, 2, 6, 6)
    flipped = augment.augmented(x, ["flip"])
    mirrored = torch.tensor([torch.equal(a, b.flip(2)) for a, b in zip(flipped, x, strict=True)])
    same = torch.tensor([torch.equal(a, b) for a, b in zip(flipped, x, strict=True)])
    assert bool((mirrored ^ same).all())
    assert 150 < int(mirrored.sum()) < 250
    spot = torch.zeros(300, 1, 9, 9)
    spot[:, :, 4, 4] = 1.0
    moved = augment.augmented(spot, ["shift"])
    places = {tuple(np.argwhere(image[0].numpy() == 1)[0]) for image in moved}
    assert len(places) > 60
    assert all(float(image.sum()) == 1.0 for image in moved)


def test_a_policy_that_contradicts_itself_is_refused():
    for wrong in ({"length": "steps"}, {"steps": 5}, {"watch": 0}, {"augment": ["warp"]}):
        with pytest.raises(ValidationError):
            Options(**wrong)


def test_equal_epochs_train_to_the_end_and_equal_steps_see_as_many_examples_at_each_size(digits):
    hot = {"lr": 0.4, "hidden": 64}
    long = train(task_of(digits, n=40, params=hot, purpose="score")[0], Options(epochs=12, length="epochs"))
    assert long.epochs == 12
    for n in (40, 200):
        task, _ = task_of(digits, n=n, params={"lr": 0.01, "batch_size": 8})
        assert train(task, Options(length="steps", steps=60, epochs=3)).examples == pytest.approx(480, abs=8)


def test_a_trial_leaves_the_callers_arithmetic_threads_and_random_numbers_as_they_were(digits):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(task_of(digits, n=30)[0], Options(epochs=1))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert np.float64(5e-324) * 1.0 > 0  # numbers too small to be normal are no zeros
    assert torch.equal(torch.rand(2), expected)


def numbers():
    """Parts for a regression whose targets have a large unit."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5)).astype(np.float32)
    y = 1000.0 + 50 * (x @ np.arange(1.0, 6.0))
    train, validation = Part(x[:150], y[:150]), Part(x[150:], y[150:])
    return {"train": train, "validation": validation, "kind": "regression", "classes": (), "chance": {}}


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_training_loss_is_the_mean_over_the_examples_in_the_targets_own_unit(digits, kind):
    told, still = [], {"lr": 1e-12, "batch_size": 64}  # nothing is learnt, so each step sees the same net
    of = numbers() if kind == "regression" else {}
    task, _ = task_of(digits, 150, params=still, report=lambda epoch, loss, train_loss: told.append(train_loss), **of)
    train(task, Options(epochs=2))
    scale, device = Scale.of(task.train, task.kind), torch.device("cpu")
    torch.manual_seed(task.seed64)
    net, _ = fresh("mlp", scale.shape, task.outputs, still, device)
    expected, _ = evaluate(net, Examples(task.train, scale, device))
    assert told == pytest.approx([expected] * 2, rel=1e-4)


@pytest.mark.parametrize(("length", "alike"), [("epochs", True), ("early-stop", False)])
def test_a_score_trial_is_measured_on_what_its_search_was_unless_a_look_may_stop_it(digits, length, alike):
    options = Options(epochs=2, length=length, watch=20)
    search, score = (train(task_of(digits, purpose=purpose)[0], options) for purpose in ("search", "score"))
    assert (search.validation == score.validation) is alike


def test_moments_of_pixels_are_exact_for_more_images_than_are_summed_at_once():
    chance = np.random.default_rng(0)
    x = chance.integers(0, 256, (2 * ROWS + 7, 5, 4, 3), dtype=np.uint8)
    x[..., 2] = 255
    scale, pixels = Scale.of(Part(x, np.zeros(len(x), int)), "classification"), x.reshape(-1, 3).astype(float)
    factor, shift = scale.factor[0, :3].numpy(), scale.shift[0, :3].numpy()
    assert factor == pytest.approx([*(1 / pixels.std(0)[:2]), 1.0], rel=1e-6)
    assert -shift / factor == pytest.approx(pixels.mean(0), rel=1e-6)


def test_a_trial_that_goes_on_reports_the_training_losses_before_its_pause(digits, tmp_path):
    def told(**of):
        found = []
        task, _ = task_of(digits, report=lambda epoch, loss, train_loss: found.append((epoch, loss, train_loss)), **of)
        train(task, Options(epochs=4))
        return found

    whole, first = told(), told(until=2, pause=tmp_path / "t.pt")
    assert first == whole[:2] and told(resume=tmp_path / "t.pt") == whole
    assert told(until=0.5, pause=tmp_path / "h.pt") == [] and told(resume=tmp_path / "h.pt") == whole
    assert all(np.isfinite(trained) for _, _, trained in whole)
