"""The effect of a hyper-parameter: covered where it can be seen, refused in words where it can't."""

import json
import math
import re
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import approx_fprime

import kleiber
from kleiber.answers.settings import surface as process
from kleiber.answers.settings.surface import Trial, fitted, placed
from kleiber.answers.settings.what_if import effects_of
from kleiber.errors import KleiberError, Refused

SPACE = {"lr": {"low": 1e-4, "high": 1e-1, "log": True}, "width": {"low": 8, "high": 64}, "kind": ["a", "b"]}
SIZES = (200, 400, 800, 1600)
STUDIES = 12
BASE = {"lr": 1e-2, "width": 32, "kind": "a"}


def level(n, lr, width, kind):
    """Give ln loss: the best rate falls with the size, wide is better the more there is, and "b" is 10 % worse."""
    best = -4.5 - 0.15 * np.log(n / 200)
    return (
        -0.3 * np.log(n / 200)
        + 0.04 * (np.log(lr) - best) ** 2
        - 0.002 * (width - 36) * np.log2(n / 100)
        + 0.1 * (kind == "b")
    )


def trials(count=16, noise=0.03, seed=0, said=level):
    chance = np.random.default_rng(seed)
    found = []
    for n in SIZES:
        for _ in range(count):
            params = {
                "lr": float(1e-4 * 1e3 ** chance.random()),
                "width": int(chance.integers(8, 65)),
                "kind": str(chance.choice(["a", "b"])),
            }
            found.append(Trial(n, params, float(np.exp(said(n, **params) + noise * chance.normal()))))
    return found


def test_effects_at_four_times_the_largest_size_lie_in_their_intervals():
    changes = [{"lr": 3e-4}, {"lr": 0.05}, {"width": 10}, {"width": 60}, {"kind": "b"}]
    inside, sharp = [], []
    for seed in range(4):
        found = effects_of(trials(seed=seed), SPACE, [(BASE, change) for change in changes], at=6400)
        for one, change in zip(found, changes, strict=True):
            truth = np.expm1(level(6400, **{**BASE, **change}) - level(6400, **BASE))
            inside.append(one.change.low <= truth <= one.change.high)
            sharp.append(one.change.high - one.change.low < 1.0)
            assert one.run.low < one.change.low < one.change.high < one.run.high
            assert all(len(re.sub(r"(\d) %", r"\1%", text).split()) <= 25 for text in one.sentences)
    assert np.mean(inside) >= 0.8 and np.mean(sharp) > 0.8


class Net:
    """A bowl that moves with the size, below the loss of guessing; a bad setting may be noisier, or fail."""

    def __init__(self, chance, noise, grows, fails):
        self.chance, self.names = chance, [f"p{k}" for k in range(chance.integers(1, 6))]
        d = len(self.names)
        self.best, self.drift = chance.uniform(0.2, 0.8, d), chance.normal(0, 0.03, d)
        self.bent, self.tilt = np.exp(chance.normal(0, 1, d)) / np.sqrt(d), chance.normal(0, 0.1, d) / np.sqrt(d)
        self.noise, self.grows, self.fails = noise, grows, fails

    def level(self, n, params):
        doublings, z = np.log2(n / 200), np.array([params[name] for name in self.names])
        excess = np.sum(self.bent * (z - self.best - self.drift * doublings) ** 2 + self.tilt * z)
        fallen = np.logaddexp(-6 * (0.5 - 0.2 * doublings + excess), -6 * np.log(2.4)) / -6
        return np.log(2.5) if z[0] > self.fails else fallen

    def run(self, n, params):
        bad = self.level(n, params) - self.level(n, dict(zip(self.names, self.best, strict=True)))
        return self.level(n, params) + (self.noise + self.grows * np.clip(bad, 0, 0.6)) * self.chance.normal()

    def drawn(self):
        return {name: float(self.chance.random()) for name in self.names}


def asked_of(net):
    """Search a net, and ask what one value drawn anew does to its best settings: effects, truths, and two runs apart."""
    space = {name: {"low": 0.0, "high": 1.0} for name in net.names}
    tried = [Trial(n, one, float(np.exp(net.run(n, one)))) for n in SIZES for one in (net.drawn() for _ in range(20))]
    best = sorted((one for one in tried if one.n == SIZES[-1]), key=lambda one: one.loss)[:4]
    asked = [(one.params, {name: net.drawn()[name]}) for one in best for name in net.names]
    truths = [net.level(6400, {**base, **change}) - net.level(6400, base) for base, change in asked]
    apart = [net.run(6400, {**base, **change}) - net.run(6400, base) for base, change in asked]
    return effects_of(tried, space, asked, at=6400), np.expm1(truths), np.expm1(apart)


KINDS = {"even": (0.03, 0, 1), "grows": (0.02, 0.2, 1), "sure": (1e-4, 0, 1), "fails": (0.02, 0.1, 0.85)}


def test_the_intervals_of_searched_nets_hold_as_many_as_they_say_and_not_all():
    means, runs, answered = [], [], 0
    for kind, how in KINDS.items():
        for seed in range(STUDIES):
            try:
                found, truths, apart = asked_of(Net(np.random.default_rng([seed, *kind.encode()]), *how))
            except Refused:
                continue
            answered += 1
            means += [one.change.low <= real <= one.change.high for one, real in zip(found, truths, strict=True)]
            runs += [one.run.low <= real <= one.run.high for one, real in zip(found, apart, strict=True)]
    assert answered >= 0.8 * len(KINDS) * STUDIES
    assert 0.8 <= np.mean(means) <= 0.95 and 0.8 <= np.mean(runs) <= 0.95


def test_no_effect_is_told_where_the_trials_are_noise():
    with pytest.raises(Refused, match="can't be forecast from these trials"):
        effects_of(trials(noise=0.3, said=lambda n, **_: -0.3 * np.log(n / 200)), SPACE, [(BASE, {"lr": 1e-3})], at=3200)


def test_an_effect_that_turns_at_the_largest_size_is_refused():
    def turning(n, lr, **_):
        return (1.0 if n < 1000 else -1.0) * 0.3 * np.log(lr / 1e-2)

    with pytest.raises(Refused, match="Run more trials"):
        effects_of(trials(said=turning), SPACE, [(BASE, {"lr": 1e-3})], at=3200)


@pytest.mark.parametrize(
    ("base", "change", "at", "error", "said"),
    [
        (BASE, {"depth": 3}, 3200, KleiberError, "'depth' was not searched; there are 'lr', 'width', 'kind'"),
        (BASE, {"lr": 1.0}, 3200, KleiberError, "outside the range"),
        (BASE, {"kind": "c"}, 3200, KleiberError, "was not tried; there are 'a', 'b'"),
        (BASE, {}, 3200, KleiberError, "change is empty"),
        ({"lr": 1e-2}, {"lr": 1e-3}, 3200, KleiberError, "base lacks 'width'"),
        (BASE, {"lr": "low"}, 3200, KleiberError, "lr = 'low' is no number, and it was searched from 0.0001 to 0.1"),
        (BASE, {"lr": 1e-3}, 0, KleiberError, "at = 0 is no size"),
        (BASE, {"lr": 1e-3}, math.nan, KleiberError, "at = nan is no size"),
        (BASE, {"lr": 1e-3}, 100, Refused, "Ask for n = 200 or more"),
        (BASE, {"lr": 1e-3}, 50_000, Refused, "Ask for n = 6,400 or less"),
    ],
)
def test_what_can_not_be_asked_is_named(base, change, at, error, said):
    with pytest.raises(error, match=said):
        effects_of(trials(), SPACE, [(base, change)], at=at)


def test_too_few_trials_are_refused():
    with pytest.raises(Refused, match="too few trials"):
        effects_of(trials(count=3), SPACE, [(BASE, {"lr": 1e-3})], at=3200)


def test_losses_without_noise_have_an_answer():
    found = effects_of(trials(noise=0.0), SPACE, [(BASE, {"lr": 1e-3})], at=3200)[0]
    truth = np.expm1(level(3200, **{**BASE, "lr": 1e-3}) - level(3200, **BASE))
    assert found.change.median == pytest.approx(truth, abs=0.03)


def test_no_value_of_a_choice_comes_first():
    found = trials(count=24)
    tried = [Trial(one.n, {**one.params, "kind": "abc"[k % 3]}, one.loss) for k, one in enumerate(found)]
    asked = [({**BASE, "kind": old}, {"kind": new}) for old, new in ("ab", "bc", "ca")]
    told = [effects_of(tried, {**SPACE, "kind": kinds}, asked, at=3200) for kinds in (["a", "b", "c"], ["c", "a", "b"])]
    for one, other in zip(*told, strict=True):
        assert one.change.low == pytest.approx(other.change.low, abs=2e-3)
        assert one.change.high == pytest.approx(other.change.high, abs=2e-3)


@pytest.mark.parametrize(("noise", "wider"), [(0.03, False), (0.1, True)])
def test_the_back_test_narrows_intervals_as_well_as_it_widens_them(noise, wider):
    found = effects_of(trials(count=8, noise=noise), SPACE, [(BASE, {"lr": 1e-3})], at=3200)[0]
    (back,) = found.back
    assert back.trials == 8 and found.width**2 == pytest.approx((10 + 8 * back.width**2) / (10 + 8))
    assert (found.width > 1) == wider and f"{found.width:.2g} times as wide" in found.sentences[-1]


def test_the_gradient_is_that_of_the_surprise():
    chance = np.random.default_rng(0)
    t, z, excess = np.repeat([-3.0, -2.0, -1.0, 0.0], 6), chance.random((24, 2)), 0.3 * chance.normal(size=24)
    centres = np.zeros(7)
    theta = 0.3 * chance.normal(size=7) - 1
    by_hand = process._surprise(theta, t, z, excess, centres)[1]
    steps = approx_fprime(theta, lambda one: process._surprise(one, t, z, excess, centres)[0], 1e-6)
    np.testing.assert_allclose(by_hand, steps, rtol=1e-3, atol=1e-3)


def test_the_surface_is_that_of_a_process_conditioned_on_its_trials():
    found = trials(count=5)
    n, loss = np.array([one.n for one in found], float), np.array([one.loss for one in found])
    z = placed(SPACE, [one.params for one in found])
    assert z.shape == (20, 3) and z.min() >= 0 and z.max() <= 1
    surface = fitted(n, z, loss)
    mean, covariance = surface.predict(800.0, z[10:15])
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-9)
    assert np.linalg.eigvalsh(covariance).min() > -1e-8
    assert np.corrcoef(surface.excess(mean), np.log(loss[10:15]))[0, 1] > 0.9
    assert surface.excess(surface.x)[10:15] - np.log(loss[10:15]) == pytest.approx(
        -np.log(np.quantile(loss[10:15], 0.25)), abs=0.2
    )


TRAINER = """
import numpy as np
import kleiber

@kleiber.trainer
def train(task):
    chance = np.random.default_rng(task.seed)
    lr = task.params["lr"]
    loss = float(np.exp(-0.3 * np.log(task.n / 20) + 0.1 * (np.log(lr) + 4.5) ** 2 + 0.02 * chance.normal()))
    return {"loss": loss, **({"test_loss": loss} if task.test is not None else {})}
"""


def test_a_ledgers_search_answers_in_python_and_on_the_command_line(tmp_path, run_half):
    (tmp_path / "mine.py").write_text(TRAINER)
    search = {"trials": 10, "sampler": "random", "space": {"lr": SPACE["lr"]}}
    data = (np.random.default_rng(0).normal(size=(600, 2)), np.repeat(["x", "y"], 300))
    study = kleiber.Study(
        data=data, trainer=f"{tmp_path / 'mine.py'}:train", sizes=[20, 40, 80, 160], replicates=1, search=search
    )
    kleiber.run_study(study, tmp_path / "k.db").close()
    found = kleiber.what_if(tmp_path / "k.db", {"lr": 0.1}, at=320, base={"lr": 0.0111})
    truth = np.expm1(0.1 * (np.log(0.1) + 4.5) ** 2 - 0.1 * (np.log(0.0111) + 4.5) ** 2)
    assert found.change.low < truth < found.change.high and found.change.low > 0
    line = [sys.executable, "-m", "kleiber", "effect", str(tmp_path / "k.db"), "--set", "lr=0.1", "--at", "320"]
    done = subprocess.run([*line, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["changed"] == {"lr": 0.1}
    refused = subprocess.run([*line[:-1], "99999"], capture_output=True, text=True, check=True)
    assert "or less" in refused.stdout
    wrong = subprocess.run([*line[:-3], "depth=2", "--at", "320"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "was not searched" in wrong.stderr
    with pytest.raises(KleiberError, match="no study 'other'"):
        kleiber.what_if(tmp_path / "k.db", {"lr": 0.1}, at=320, study="other")


def test_a_study_that_searched_nothing_is_told_how_to_search(tmp_path, run_half):
    from kleiber.study.ledger import Ledger

    with Ledger(tmp_path / "k.db") as ledger:
        described = {"metric": "loss", "search": {"space": {}, "stages": []}}
        with ledger.hold("s", {"name": "s"}, described, {"name": "d"}):
            pass
    with pytest.raises(KleiberError, match=r"searched nothing.*under \[search\.space\].*with stages = \[\]"):
        kleiber.what_if(tmp_path / "k.db", {"lr": 0.1}, at=400)
