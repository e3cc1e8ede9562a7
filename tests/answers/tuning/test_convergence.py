"""What in a study bends its curve is warned of: edges, training cut off, a warm start that helps large sizes."""

import numpy as np
import pytest

import kleiber
from kleiber.answers.tuning.convergence import cautions, search_luck, warm_start
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
    assert found.code == "cut-off" and "2 of 3 at n = 100" in found.message and "200" not in found.message
    falling = {"training": {"schedule": "one-cycle"}, "search": {}}
    assert not list(cautions(study(endings=endings, description=falling)))


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


def best_of(k, shape, rng, sizes=7):
    """Draw searches whose chance of a loss within x of the lowest rises as x^shape."""
    return {100.0 * 2**i: list(1 + 0.5 * rng.uniform(size=k) ** (1 / shape)) for i in range(sizes)}


@pytest.mark.parametrize("shape", [0.5, 1, 2, 3])
def test_what_a_search_varies_by_is_told_where_its_runs_agree(shape):
    rng = np.random.default_rng(0)
    true = np.log(1 + 0.5 * rng.uniform(size=(20_000, 8)) ** (1 / shape)).min(1).std()
    told = []
    for _ in range(60):
        losses = best_of(8, shape, rng)
        scores = {n: list(min(v) * np.exp(rng.normal(0, 1e-4, 3))) for n, v in losses.items()}
        found = list(search_luck(losses, scores))
        told += [float(found[0].message.split("about ")[1].split("%")[0]) / 100] if found else []
    assert len(told) >= 20
    assert np.median(told) == pytest.approx(true, rel=0.5)


def test_luck_is_not_told_of_a_dense_search_or_of_noisy_runs():
    rng = np.random.default_rng(1)
    losses = best_of(2000, 1, rng)
    assert not list(search_luck(losses, {n: [min(v), min(v) * 1.0001] for n, v in losses.items()}))
    losses = best_of(8, 1, rng)
    assert list(search_luck(losses, {n: [min(v), min(v) * 1.0001] for n, v in losses.items()}))
    assert not list(search_luck(losses, {n: [min(v), min(v) * 1.9] for n, v in losses.items()}))
    assert not list(search_luck(losses, {}))
    assert not list(search_luck({100.0: [1.0, np.inf], 200.0: [0.0, 0.5], 400.0: [1.0]}, {100.0: [1.0, 1.0]}))


def test_luck_is_told_of_a_study_whose_last_stage_has_two_trials_or_more():
    losses = best_of(8, 1, np.random.default_rng(1))
    searches = [{"n": n, "metric": "loss", "losses": [*v[:-1], None]} for n, v in losses.items()]
    scores = {n: [min(v), min(v) * 1.0001] for n, v in losses.items()}
    for keep, codes in ((0.5, ["search-luck"]), (0.1, [])):
        search = {"trials": 8, "stages": [1], "keep": keep}
        found = cautions(study(searches=searches, description={"training": {}, "search": search}), scores)
        assert [caution.code for caution in found] == codes


def test_luck_is_told_of_trials_that_are_drawn_at_random_alone():
    losses = best_of(8, 1, np.random.default_rng(1))
    scores = {n: [min(v), min(v) * 1.0001] for n, v in losses.items()}

    def told(search, losses):
        searches = [{"n": n, "metric": "loss", "losses": v} for n, v in losses.items()]
        found = cautions(study(searches=searches, description={"training": {}, "search": {"trials": 8, **search}}), scores)
        return [caution.message for caution in found if caution.code == "search-luck"]

    assert told({"sampler": "random"}, losses) and not told({"sampler": "tpe"}, losses)
    inherited = {n: [*([min(v) / 2] if n > 100 else []), *v] for n, v in losses.items()}  # is no draw, and does not count
    assert told({"warm_start": True}, inherited) == told({}, losses)
