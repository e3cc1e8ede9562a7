"""The learnt table: what ships is whole, what is wrong is named, and what is learnt is what forecasts."""

import copy

import numpy as np
import pytest
from scipy.stats import norm

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.forecasting import calibration, stretch
from kleiber.forecasting.calibration import FEATURES, NEARBY
from kleiber.forecasting.forecasts import forecast

N = 100.0 * 2.0 ** np.arange(7)
LOSS = 0.8 * (N / 100) ** -0.4 + 0.2 + 0.01 * np.array([1, -1, 1, 0, -1, 1, 0])

STRAYS = [-100.0, *[0.0] * (FEATURES + 1)]  # no curve is a clean one


def test_what_ships_knows_every_law_and_where_it_came_from() -> None:
    table = calibration.shipped()
    assert sorted(table.laws) == plugins.names("laws")
    assert {"lcdb", "scaling", "simulated", "seed", "date"} <= set(table.provenance) and table.provenance["without"] is None
    assert calibration.read(table.to_dict()).to_dict() == table.to_dict()


def changed(**entries):
    content = copy.deepcopy(calibration.shipped().to_dict())
    return {**content, **entries}


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        ({"schema": "other"}, "not of schema"),
        ({"kernels": ["none 0 1"]}, "the kernels"),
        ({"laws": []}, "not of schema"),
        ({"width": [[1.0]]}, "width has shape"),
        ({"spread": [float("nan")] * 6}, "must be finite"),
        ({"by_slope": "x"}, "by_slope is no array"),
    ],
)
def test_a_wrong_table_is_named(entries, text) -> None:
    with pytest.raises(KleiberError, match=text):
        forecast(N, LOSS, calibration=changed(**entries))


def test_a_table_of_ones_own_and_none_at_all() -> None:
    shipped, untaught = forecast(N, LOSS), forecast(N, LOSS, calibration="untaught")
    same = forecast(N, LOSS, calibration=calibration.shipped().to_dict())
    q = np.array([0.05, 0.5, 0.95])
    at = np.array([12800.0])
    assert same.posterior.quantile(at, q, 1.0) == pytest.approx(shipped.posterior.quantile(at, q, 1.0), rel=1e-3)
    assert not np.allclose(untaught.posterior.quantile(at, q, 1.0), shipped.posterior.quantile(at, q, 1.0), rtol=1e-3)
    with pytest.raises(KleiberError, match="calibration is 3"):
        forecast(N, LOSS, calibration=3)


def test_wider_coefficients_widen() -> None:
    wide = forecast(N, LOSS, calibration=changed(spread=[0.7, *[0.0] * FEATURES], clean=STRAYS)).posterior
    plain = forecast(N, LOSS, calibration=changed(spread=[0.0] * (FEATURES + 1), clean=STRAYS)).posterior
    at, q = np.array([12800.0]), np.array([0.05, 0.95])
    ratio = np.diff(np.log(wide.quantile(at, q, 1.0))) / np.diff(np.log(plain.quantile(at, q, 1.0)))
    assert ratio == pytest.approx(np.exp(0.7), rel=1e-3)


def test_laws_are_chosen_and_weighted_by_the_user() -> None:
    one = forecast(N, LOSS, laws="power_floor")
    assert [law.name for law, _ in one.laws] == ["power_floor"]
    even, tilted = (forecast(N, LOSS, laws={"power": 1.0, "power_floor": w}).laws[1][1] for w in (1.0, 100.0))
    assert tilted > even
    for laws in ([], {"power": -1}, [3], {"power": "x"}, 5):
        with pytest.raises(KleiberError, match="laws"):
            forecast(N, LOSS, laws=laws)


def test_what_is_learnt_is_what_forecasts(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    from dev.learning.curves import Cut
    from dev.learning.kinds import score, straying
    from dev.learning.model import Model, tensors
    from dev.learning.tables import tabulate

    laws = calibration.shipped().laws
    at, truth = np.array([9600.0, 25600.0, 51200.0]), np.array([0.33, 0.29, 0.24])
    cut = Cut("simulated", "simulated", np.repeat(N, 2), np.repeat(LOSS, 2) * np.tile([0.99, 1.01], 7), at, truth,
              replicate=tuple("ab" * 7))  # fmt: skip
    table = tabulate([cut], laws, 1)
    model = Model(laws)
    chance = np.random.default_rng(3)
    with torch.no_grad():
        for _, values in model.named_parameters():
            values.copy_(torch.tensor(chance.normal(0, 0.2, values.shape)))
        part = tensors(table, np.array([0]))
        learnt = float(model.log_likelihood(part, *model.mixture(part))[0])
    own = model.calibration({}, np.zeros(FEATURES + 1), np.array(STRAYS))
    fc = forecast(cut.n, cut.loss, replicate=cut.replicate, calibration=own)
    with monkeypatch.context() as patched:
        patched.setattr(stretch, "LEAN", 0.0)  # which comes after what is learnt first
        found = np.mean(fc.posterior.logpdf(at, truth)) + np.log(fc.posterior.loss_unit)
    assert learnt == pytest.approx(found, abs=0.01)

    odds, factor = np.append(chance.normal(0, 0.5, FEATURES + 1), 0.2), np.float32(0.2)
    width, spread = chance.normal(0, 0.1, FEATURES + 1), chance.normal(0, 0.1, FEATURES + 1)
    whole = forecast(
        cut.n, cut.loss, replicate=cut.replicate, calibration=model.calibration({}, spread, odds, width)
    ).posterior
    tensor = [torch.tensor(values, dtype=torch.float32) for values in (odds[:-1], factor, width)]
    kinds = float(score(part, straying(model, spread, part), *tensor)[0])
    assert 0.01 < whole.clean < 0.99
    assert kinds == pytest.approx(np.mean(whole.logpdf(at, truth)) + np.log(whole.loss_unit), abs=0.01)


def test_curves_of_many_sizes_near_and_far_and_of_few_are_each_spread_until_they_cover() -> None:
    pytest.importorskip("torch")
    from dev.learning.coverage import CONSTANT, DISTANCE, LEVELS, REAL, SIZES, in_turns

    def rows(count: float, sd: float, times: float) -> tuple[np.ndarray, np.ndarray]:
        off = np.column_stack([sd * np.random.default_rng(0).normal(size=4000), np.tile(norm.ppf(LEVELS), (4000, 1))])
        features = np.zeros((4000, FEATURES + 1))
        features[:, 0], features[:, SIZES] = 1.0, np.log(count / 20.0)
        features[:, DISTANCE] = np.log(NEARBY + np.log(times))
        return off, features

    truth = {CONSTANT: (30, 0.7, 2.0), DISTANCE: (30, 0.8, 8.0), SIZES: (6, 1.1, 8.0)}
    own = {place: rows(*one) for place, one in truth.items()}
    found = in_turns(np.zeros(FEATURES + 1), own)
    for place, (_, sd, _) in truth.items():
        off, features = own[place]
        factor = np.exp(features @ found)
        assert factor[0] == pytest.approx(sd, rel=0.04)
        inside = (off[:, 0] >= factor * off[:, 1]) & (off[:, 0] <= factor * off[:, -1])
        assert inside.mean() == pytest.approx(REAL, abs=0.005)
