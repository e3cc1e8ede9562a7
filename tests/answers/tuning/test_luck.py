"""The luck of a search: what it is from one to another, and the sizes that few trials let down."""

import numpy as np
import pytest

import kleiber
from benchmarks.search_luck_interval import simulated
from kleiber.answers.tuning.convergence import cautions
from kleiber.answers.tuning.luck import judged, let_down, scatter, search_luck, told
from kleiber.curves.luck import of_trials, pooled
from kleiber.findings import editor

SIZES = (100.0, 200.0, 400.0, 800.0, 1600.0)


def study(**changes):
    return {"description": {"training": {}, "search": {}}, "winners": (), "endings": (), "searches": (), **changes}


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
    assert len(told) >= 10  # of 60: for the first shape it is hardly more than the least that is told
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


def test_luck_is_told_of_paused_trials_where_one_alone_goes_to_its_end():
    losses = best_of(8, 1, np.random.default_rng(1))
    rough = {n: n**-0.9 * (1.4 if i % 2 else 1.0) for i, n in enumerate(losses)}  # leaves room for any luck
    scores = {n: [v, v * 1.0001] for n, v in rough.items()}
    # The one that went on is far below those that paused: that is no luck, and is not compared.
    searches = [
        {"n": n, "metric": "loss", "losses": [min(v) / 9, *v[1:]], "alike": [*v[:-1], None], "until": 4}
        for n, v in losses.items()
    ]
    search = {"trials": 30, "stages": [1, 4], "keep": 0.3}
    (found,) = cautions(study(searches=searches, description={"training": {}, "search": search}), scores)
    assert found.code == "search-luck" and ", judged by the trials at epoch 4)" in found.message
    middle = float(found.message.split("about ")[1].split(" %")[0])
    found = [of_trials(n, np.sort(values[:-1]), 30) for n, values in losses.items()]
    assert middle == pytest.approx(100 * pooled(found).middle, abs=1)


def test_luck_is_no_more_than_a_smooth_curve_leaves_room_for():
    losses = gaps(0.5)
    for wobble, low, high in ((0.001, 0.0, 0.01), (0.1, 0.05, 0.2), (2.0, 0.3, 0.5)):
        scores = {n: [n**-0.3 * np.exp(wobble * (-1) ** i)] * 2 for i, n in enumerate(SIZES)}
        found = judged(losses, scores)
        assert low <= found.middle <= high and found.low < found.middle < found.high
    assert scatter({n: scores[n] for n in SIZES[:3]}) is None


@pytest.mark.parametrize("sizes", [4, 7])
def test_the_scatter_of_a_curve_holds_what_its_sizes_vary_by(sizes):
    rng, held = np.random.default_rng(0), 0
    for _ in range(400):
        room = scatter({100.0 * 2**i: [2.0 ** (-0.3 * i) * np.exp(rng.normal(0, 0.1))] for i in range(sizes)})
        held += room.low <= 0.1 <= room.high
    assert 0.75 <= held / 400 <= 0.97


def test_luck_is_told_of_trials_that_are_drawn_at_random_alone():
    losses = best_of(8, 1, np.random.default_rng(1))
    scores = {n: [v * n**-0.9 for v in (min(losses[n]), min(losses[n]) * 1.0001)] for n in losses}

    def told(search, losses):
        searches = [{"n": n, "metric": "loss", "losses": v, "alike": v, "until": None} for n, v in losses.items()]
        found = cautions(study(searches=searches, description={"training": {}, "search": {"trials": 30, **search}}), scores)
        return [caution.code for caution in found if caution.code in ("search-luck", "few-trials")]

    assert told({"sampler": "random"}, losses) == ["search-luck"] and not told({"sampler": "tpe"}, losses)
    assert told({"sampler": "tpe", "trials": 8}, losses) == ["few-trials"]  # its first eight are drawn at random
    inherited = {n: [*([min(v) / 2] if n > 100 else []), *v] for n, v in losses.items()}  # is no draw, and does not count
    assert told({"warm_start": True}, inherited) == told({}, losses)


def scored(above, noise=0.01, seed=0, runs=3):
    """A power law whose sizes lie above it by so much in ln loss, with the noise of their runs."""
    rng = np.random.default_rng(seed)
    return {n: list(n**-0.3 * np.exp(above.get(n, 0.0) + rng.normal(0, noise, runs))) for n in SIZES}


def gaps(by):
    return {n: [n**-0.3, n**-0.3 * np.exp(by), n**-0.3 * np.exp(1.5 * by), 9.0] for n in SIZES}


@pytest.mark.parametrize("n", SIZES[1:])
def test_few_trials_are_named_with_the_size_that_they_let_down_and_the_cure(n):
    (found,) = told(gaps(0.2), scored({n: 0.5}), 6)
    assert found.code == "few-trials"
    assert found.message.startswith(f"Only 6 trials searched each size, and n = {n:,.0f} lies ")
    assert "Add --trials 20 --allow-test-reuse: it keeps what is measured." in found.message


def test_a_size_is_let_down_by_as_much_as_it_lies_above_the_others():
    assert let_down(scored({400.0: 0.4})) == pytest.approx({400.0: 0.4}, abs=0.05)
    assert let_down(scored({1600.0: 0.4})) == pytest.approx(
        {1600.0: 0.4 - 0.3 * np.log(2)}, abs=0.05
    )  # above the one before
    assert let_down({**scored({}), 3200.0: []}) == {} == let_down({n: v[:1] for n, v in scored({400.0: 0.4}).items()})


def test_a_straight_curve_and_a_noisy_one_let_no_size_down():
    found = [bool(let_down(scored({}, noise, seed))) for noise in (0.01, 0.1) for seed in range(200)]
    assert np.mean(found) <= 0.05
    assert np.mean([bool(let_down(scored({800.0: 0.5}, 0.05, seed))) for seed in range(100)]) > 0.9


@pytest.mark.parametrize("half", [100, 400, 1600, 6400])
@pytest.mark.parametrize("steep", [1.0, 3.0])
def test_a_curve_that_begins_late_lets_no_size_down(half, steep):
    rng = np.random.default_rng(0)
    for _ in range(50):
        losses = {n: list(0.05 + 0.6 / (1 + (n / half) ** steep) * np.exp(rng.normal(0, 0.01, 3))) for n in SIZES}
        assert let_down(losses) == {}


def test_what_luck_cannot_do_and_what_many_trials_do_is_no_matter_of_few_trials():
    def codes(losses, scores, trials):
        return [caution.code for caution in told(losses, scores, trials)]

    assert codes(gaps(0.2), scored({400.0: 0.5}), 6) == ["few-trials"]
    assert codes(gaps(0.001), scored({400.0: 0.5}), 6) == []  # all trials agree: the size is off for another reason
    assert codes(gaps(0.2), scored({400.0: 0.5}), 30) == ["search-luck"]
    assert codes(gaps(0.2), scored({}), 6) == []  # the winners of unlike searches would not lie on one line


def test_few_trials_take_the_place_of_what_they_explain():
    codes = ["backtest-failed", "two-branch", "u-shape", "few-trials", "flat"]
    weighed = editor.weighed({"code": code, "message": code, "model": "m", "metric": "loss"} for code in codes)
    assert [one["code"] for one in weighed if one["shown"]] == ["few-trials", "flat"]


CODE = """
import numpy as np
import kleiber
from benchmarks.search_luck_interval import simulated

@kleiber.trainer
def train(task):
    lr = task.params["lr"]
    noise = 0.01 * np.random.default_rng(task.seed).standard_normal()
    loss = 2.0 * task.n ** -0.3 * (1 + 0.25 * abs(np.log10(lr / 0.01))) * np.exp(noise)
    return {"loss": loss} if task.test is None else {"loss": loss, "test_loss": loss}
"""


def test_the_cure_keeps_what_is_measured_and_cures(run_half, tmp_path):
    (tmp_path / "code.py").write_text(CODE)
    space = {"lr": {"low": 1e-6, "high": 1.0, "log": True}}

    def run(trials):
        study = kleiber.Study(
            name="s",
            data={"source": "blank", "examples": 4000},
            trainer=f"{tmp_path}/code.py:train",
            sizes=[100, 200, 400, 800, 1600],
            replicates=2,
            seed=2,
            search={"trials": trials, "space": space},
        )
        with kleiber.run_study(study, tmp_path / "k.db", allow_test_reuse=True) as ledger:
            return ledger.export("s"), kleiber.analyse(ledger).content["warnings"]

    before, warned = run(3)
    (few,) = (one for one in warned if one["code"] == "few-trials")
    assert few["shown"] and "Only 3 trials" in few["message"] and "--trials 20" in few["message"]
    after, warned = run(20)
    assert after[: len(before)] == before and len({row["trial"] for row in after}) == len(after)
    assert not any(one["code"] == "few-trials" for one in warned)


def test_next_says_where_a_longer_search_does_more_than_runs():
    def said(luck):
        curve = simulated(np.random.default_rng(1), luck, 6).curve
        return [one for one in kleiber.next_run(curve, budget=10_000).cautions if one.code == "search-luck"]

    (found,) = said(0.1)
    assert "Repeats share that luck; a longer search lessens it." in found.message
    assert not said(0.0)
