"""What in a study bends its curve is warned of: edges, training cut off, a warm start that helps large sizes."""

import numpy as np
import pytest

import kleiber
from kleiber.answers.tuning.convergence import cautions, warm_start
from kleiber.space import at_edge, parse_space
from kleiber.study.search import ask


def study(**changes):
    return {"description": {"training": {}, "search": {}}, "winners": (), "endings": (), "searches": (), **changes}


SPACE = {"lr": {"low": 1e-6, "high": 0.1, "log": True}, "conv1": {"low": 10, "high": 100}, "width": {"low": 1, "high": 3}}


def test_winners_at_the_edge_are_listed_with_their_sizes():
    winners = [{"n": 100, "at_edge": ["lr"]}, {"n": 200, "at_edge": []}, {"n": 1600, "at_edge": ["lr", "conv1", "width"]}]
    (found,) = cautions(study(winners=winners, description={"training": {}, "search": {"space": SPACE}}))
    assert found.code == "winner-at-edge"
    assert "lr at 2 of 3 sizes (n = 100, 1,600; p = 0.0047)" in found.message
    assert "conv1" not in found.message and "width" not in found.message


def test_winners_drawn_by_luck_are_seldom_called_at_the_edge(run_half):
    space = parse_space(SPACE | {name: {"low": 0.0, "high": 1.0} for name in "abcd"})
    told = 0
    for seed in range(200):
        drawn = ask(space, "random", seed=seed, count=9)
        winners = [{"n": 100 * 2**i, "at_edge": at_edge(space, params)} for i, params in enumerate(drawn)]
        described = {"training": {}, "search": {"space": SPACE | {name: {"low": 0.0, "high": 1.0} for name in "abcd"}}}
        told += bool(list(cautions(study(winners=winners, description=described))))
    assert told <= 0.05 * 200


def test_training_that_was_cut_off_is_told_but_not_where_the_rate_falls_to_nothing():
    endings = [
        {"n": 100, "count": 3, "at_last": 2, "by_luck": 0.2},
        {"n": 200, "count": 3, "at_last": 1, "by_luck": 0.2},
    ]
    (found,) = cautions(study(endings=endings))
    assert found.code == "cut-off" and "2 of 3 runs at n = 100" in found.message and "200" not in found.message
    falling = {"training": {"schedule": "one-cycle"}, "search": {}}
    assert not list(cautions(study(endings=endings, description=falling)))


@pytest.mark.parametrize("count", [2, 3])
def test_all_runs_of_the_largest_size_that_still_improved_are_told_however_few(count):
    endings = [{"n": n, "count": count, "at_last": 0, "by_luck": count / 4} for n in (100, 200, 400)]
    endings += [{"n": 1600, "count": count, "at_last": count, "by_luck": count / 4}]
    (found,) = cautions(study(endings=endings))
    assert (
        found.code == "cut-off"
        and f"{count} of {count} runs at n = 1,600 still improved in their last epoch" in found.message
    )
    assert ("by luck (p = 0.062)" in found.message) == (count == 2)
    for fewer in ({"at_last": count - 1}, {"count": 1, "at_last": 1, "by_luck": 0.25}):
        assert not list(cautions(study(endings=[*endings[:-1], {**endings[-1], **fewer}])))
    assert not list(cautions(study(endings=[{**endings[-1], "n": 50}, *endings[:-1]])))  # a small one alone may be luck


def test_training_that_has_converged_is_seldom_called_cut_off():
    chance = np.random.default_rng(0)
    told = dict.fromkeys((1, 2, 3), 0)
    for replicates in told:
        for _ in range(300):
            endings = [
                {
                    "n": 100 * 2**i,
                    "count": replicates,
                    "at_last": chance.binomial(replicates, 0.1),
                    "by_luck": replicates / 10,
                }
                for i in range(7)
            ]
            told[replicates] += bool(list(cautions(study(endings=endings))))
    assert max(told.values()) <= 0.07 * 300


def searched(helps, seed, trials=20):
    chance = np.random.default_rng(seed)
    losses = {}
    for n in (100, 200, 400, 800, 1600, 3200):
        level = n**-0.2
        fresh = list(level * (1 + chance.gamma(2, 0.3, trials)))
        first = level * (1 + 0.04 * np.log(3200 / n)) if helps and n > 100 else level * (1 + chance.gamma(2, 0.3))
        losses[float(n)] = [first, *fresh]
    return losses


def test_a_warm_start_that_helps_the_large_sizes_is_told_and_one_that_is_but_another_draw_is_not():
    helped = [bool(list(warm_start(searched(True, seed, trials=5)))) for seed in range(40)]
    idle = [bool(list(warm_start(searched(False, seed, trials=5)))) for seed in range(40)]
    assert np.mean(idle) <= 0.1
    assert np.mean(helped) > 0.5
    few = {100.0: [1.0, 1.1, 1.2], 200.0: [0.5, 1.0, 1.1]}
    assert not list(warm_start(few))


def test_a_warm_start_is_looked_at_only_where_there_is_one():
    searches = [{"n": n, "losses": losses} for n, losses in searched(True, 0).items()]
    assert not [w for w in cautions(study(searches=searches)) if w.code == "warm-start-bias"]


@pytest.fixture
def ledger(run_half, tmp_path):
    short = kleiber.Study(
        data="digits", net="mlp", sizes=[50, 100, 200], replicates=2, params={"lr": 0.01}, training={"epochs": 3}
    )
    return kleiber.run_study(short, tmp_path / "short.db")


def test_findings_of_a_ledger_have_the_warnings(ledger):
    codes = [warning["code"] for warning in kleiber.analyse(ledger).content["warnings"]]
    assert codes.count("cut-off") == 1
