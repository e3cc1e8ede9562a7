"""The port of the origin's loop, on tiny images: it learns, stops and keeps what it should, and runs the trials it says."""

import math

import numpy as np
import pytest
import torch

from benchmarks import origin_port
from kleiber import KleiberError, ladder, preset
from kleiber.datasets import Dataset, Part
from kleiber.study.schedule import schedule, search_trials

SMALL = {"conv1": 3, "conv2": 4, "fc1": 12, "fc2": 8, "lr": 0.02, "weight_decay": 0.0}


def bright_or_dark(m: int, seed: int, classes: int = 2) -> Part:
    """Give images of 16x16 whose brightness is their class, with noise."""
    chance = np.random.default_rng(seed)
    y = np.arange(m) % classes
    x = np.clip((y / (classes - 1) * 200 + 28)[:, None, None, None] + chance.normal(0, 20, (m, 16, 16, 3)), 0, 255)
    return Part(x.astype(np.uint8), y)


def tiny(train: int = 48, classes: int = 2) -> Dataset:
    held_out = bright_or_dark(22, 1, classes)  # not a multiple of 4
    return Dataset(
        name="tiny",
        task="classification",
        classes=tuple("abcdefghij"[:classes]),
        train=bright_or_dark(train, 0, classes),
        validation=held_out,
        test=held_out,
        fingerprint="tiny",
        duplicates={},
        notes=(),
    )


def trained(dataset: Dataset | None = None, seed: int = 0, num_workers: int = 0, **options) -> origin_port.Trained:
    given = dataset or tiny()
    return origin_port.train(given, np.arange(40), {**SMALL, **options}, seed=seed, epochs=5, num_workers=num_workers)


def scripted(monkeypatch, losses: list[float]) -> None:
    """Let validation say these losses, one an epoch."""
    said = iter(losses)
    monkeypatch.setattr(origin_port, "mean_loss", lambda net, batches: next(said))


def test_the_loop_learns():
    run = trained()
    tested = origin_port.on_test_set(tiny(), run, num_workers=0)
    assert run.validation_loss < 0.1 < math.log(2)
    assert tested.accuracy == 1.0
    assert run.training_seconds > 0 and run.validation_seconds > 0


def test_at_a_rate_of_nothing_it_learns_nothing():
    assert trained(lr=1e-9).validation_loss == pytest.approx(math.log(2), abs=0.1)


def test_pixels_become_numbers_from_minus_one_to_one_by_channel():
    part = Part(np.array([0, 255, 51], dtype=np.uint8) * np.ones((1, 16, 16, 1), dtype=np.uint8), np.array([1]))
    tensor, label = origin_port.Images(part)[0]
    assert (tensor.shape, tensor.dtype, label) == ((3, 16, 16), torch.float32, 1)
    assert tensor[:, 5, 7].tolist() == pytest.approx([-1.0, 1.0, -0.6])


def test_the_net_has_the_origins_parameters():
    net = origin_port.LeNet(origin_port.WIDTHS, 32, 10)
    assert sum(p.numel() for p in net.parameters()) == 62_006


def test_the_best_weights_are_kept_and_not_the_last(monkeypatch):
    losses = [0.9, 0.2, 0.8, 0.7, 0.6]
    snapshots = []
    said = iter(losses)

    def remember(net, batches):
        snapshots.append({name: value.clone() for name, value in net.state_dict().items()})
        return next(said)

    monkeypatch.setattr(origin_port, "mean_loss", remember)
    run = trained()
    assert (run.validation_loss, run.epochs) == (0.2, 5)
    kept = run.net.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in snapshots[1].items())
    assert any(not torch.equal(kept[name], value) for name, value in snapshots[-1].items())


def test_the_validation_loss_is_that_of_the_kept_weights_over_all_examples():
    run = trained()
    assert origin_port.on_test_set(tiny(), run, num_workers=0).loss == run.validation_loss


@pytest.mark.parametrize(
    ("losses", "epochs"),
    [
        ([1.0, 1.1, 1.2, 1.3, 0.5], 4),  # three rises in a row
        ([1.0, 1.1, 1.2, 1.1, 1.2], 5),  # a fall between starts the count anew
        ([1.0, 1.1, 1.1, 1.2, 1.3], 5),  # an equal loss is no rise
        ([0.5, 0.9, 0.8, 0.7, 0.6], 5),  # above the best, but falling
        ([1.0, math.nan, math.nan, math.nan, math.nan], 5),
    ],
)
def test_training_stops_after_three_rises_in_a_row(losses, epochs, monkeypatch):
    scripted(monkeypatch, losses)
    run = trained()
    assert run.epochs == epochs
    assert run.validation_loss == min(loss for loss in losses[:epochs] if math.isfinite(loss))


def test_a_loss_that_never_was_a_number_is_worse_than_any(monkeypatch):
    scripted(monkeypatch, [math.nan] * 5)
    assert trained().validation_loss == math.inf


def test_the_same_seed_gives_the_same_net_and_another_another():
    first, again, other = trained(seed=3), trained(seed=3), trained(seed=4)
    assert first.history == again.history != other.history


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:This DataLoader will create:UserWarning")
def test_workers_change_nothing_but_the_time():
    assert trained(num_workers=2).history == trained(num_workers=0).history


def test_chance_and_threads_of_the_caller_are_left_as_they_were():
    torch.manual_seed(7)
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    trained()
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.get_num_threads() == threads


def test_a_stranger_among_the_hyper_parameters_is_named():
    with pytest.raises(KleiberError, match="unknown hyper-parameter batch_size; it has conv1, conv2"):
        trained(batch_size=8)


def test_the_ports_own_trials_lie_in_the_origins_space_on_distinct_images():
    index, tries = origin_port.own_trials(tiny(), 30, 200, seed=0)
    assert len(set(index.tolist())) == 30
    drawn = {name: np.array([params[name] for params, _ in tries]) for name in origin_port.FIXED}
    ends = {"lr": (1e-6, 1e-1), "weight_decay": (1e-6, 1e-3), "momentum": (0.1, 1), "conv1": (10, 100), "fc2": (30, 200)}
    for name, (low, high) in ends.items():
        assert low <= drawn[name].min() and drawn[name].max() <= high
    assert np.median(np.log10(drawn["lr"])) == pytest.approx(-3.5, abs=0.6)


def test_the_same_trials_are_those_of_a_random_search_of_the_preset():
    dataset = tiny(train=400, classes=10)
    search = {**preset("origin").search.model_dump(), "sampler": "random", "pilot": 0}
    plan = schedule(preset("origin", seed=5, sizes=[20, 40, 80], search=search), dataset)
    index, tries = origin_port.same_trials(dataset, 40, 3, seed=5)
    assert ladder.subset_digest(index) == plan.rungs[40, 0].subset
    drawn = search_trials(plan, 40, {})[0][:3]
    assert tries == [({k: v for k, v in trial.params.items() if k != "batch_size"}, trial.seed) for trial in drawn]


def test_speed_is_of_as_many_images_as_were_seen():
    assert origin_port.images_a_second(SMALL, n=40, steps=25, num_workers=0) > 1


def test_without_its_data_the_benchmark_says_that_it_is_skipped(monkeypatch, capsys):
    def missing(*_, **__):
        raise KleiberError("cifar10 was not found")

    monkeypatch.setattr(origin_port, "load_dataset", missing)
    monkeypatch.setattr(origin_port, "images_a_second", lambda *_, **__: 100.0)
    monkeypatch.setattr("sys.argv", ["origin_port"])
    with pytest.raises(SystemExit) as ending:
        origin_port.main()
    assert ending.value.code == 0
    assert "skipped: cifar10 was not found" in capsys.readouterr().out


def test_the_command_prints_each_trial_and_the_winners_test_loss(monkeypatch, capsys):
    monkeypatch.setattr(origin_port, "load_dataset", lambda *_, **__: tiny())
    monkeypatch.setattr(origin_port, "images_a_second", lambda *_, **__: 100.0)
    monkeypatch.setattr("sys.argv", ["origin_port", "--n", "12", "--trials", "2", "--num-workers", "0"])
    origin_port.main()
    told = capsys.readouterr().out
    assert "tiny, n=12, 2 trials:" in told and "trial 1: validation loss" in told
    assert "winner: trial" in told and " test" in told.splitlines()[-1]
