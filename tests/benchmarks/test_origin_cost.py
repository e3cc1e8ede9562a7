"""The cost of the study beside the port's, on a few noisy images in place of CIFAR-10."""

import json

import pytest
from tests.benchmarks.test_origin_port import tiny

from benchmarks import origin_cost, origin_port


def test_the_winner_is_the_smallest_loss_that_is_a_number():
    found = [{"history": [2.0, float("nan")], "test": 1}, {"history": [2.1, 1.9], "test": 2}, {"history": [], "test": 3}]
    assert origin_cost.winner(found)["test"] == 2


def test_every_second_draw_of_each_size_is_timed():
    dataset = tiny(train=400, classes=10)
    found = origin_cost.epochs_timed(dataset, [20, 40], 3, 0)
    assert set(found) == {20, 40}
    assert all(len(times) == 2 and min(times) > 0 for times in found.values())


def test_what_the_port_has_done_before_is_not_run_again(tmp_path):
    for number in range(2):
        (tmp_path / f"port-0-20-{number}.json").write_text(json.dumps({"history": [2.0 - number], "test": number}))
    assert [trial["test"] for trial in origin_cost.port_in_full(tmp_path, 20, 2, 0, workers=1)] == [0, 1]


def test_an_epoch_is_multiplied_from_the_steps_that_were_timed(monkeypatch):
    clock = iter([0.0, 1.0, 3.0])
    monkeypatch.setattr(origin_port.time, "perf_counter", lambda: next(clock))
    batches = origin_port.loader(tiny(train=40).train, 0)
    assert origin_port.pass_seconds(batches, lambda images, labels: 0.0, 5) == pytest.approx(
        1 + 2 / 20 * len(batches.dataset)
    )
