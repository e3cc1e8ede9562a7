"""The effect of a hyper-parameter: covered where it can be seen, refused in words where it can't."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import kleiber
from kleiber.answers.settings.surface import Trial, fitted, placed
from kleiber.answers.settings.what_if import effects_of
from kleiber.errors import KleiberError, Refused

SPACE = {"lr": {"low": 1e-4, "high": 1e-1, "log": True}, "width": {"low": 8, "high": 64}, "kind": ["a", "b"]}
SIZES = (200, 400, 800, 1600)
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
        (BASE, {"lr": 1e-3}, 50_000, Refused, "Ask for n = 6,400 or less"),
    ],
)
def test_what_can_not_be_asked_is_named(base, change, at, error, said):
    with pytest.raises(error, match=said):
        effects_of(trials(), SPACE, [(base, change)], at=at)


def test_too_few_trials_are_refused():
    with pytest.raises(Refused, match="too few trials"):
        effects_of(trials(count=3), SPACE, [(BASE, {"lr": 1e-3})], at=3200)


def test_the_surface_is_that_of_a_process_conditioned_on_its_trials():
    found = trials(count=5)
    n, loss = np.array([one.n for one in found], float), np.array([one.loss for one in found])
    z = placed(SPACE, [one.params for one in found])
    assert z.shape == (20, 3) and z.min() >= 0 and z.max() <= 1
    surface = fitted(n, z, loss)
    mean, covariance = surface.predict(800.0, z[10:15])
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-9)
    assert np.linalg.eigvalsh(covariance).min() > -1e-8
    assert np.corrcoef(mean, np.log(loss[10:15]))[0, 1] > 0.9


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
