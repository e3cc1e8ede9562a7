"""A curve without a fall is one of three things, each with its own code, sentence and cure."""

import dataclasses

import numpy as np
import pytest
from tests.forecasting.coverage_scenarios import RUNS

from kleiber import Forecast, forecast
from kleiber.findings.analyse import analyse
from kleiber.forecasting.flatness import flatness
from kleiber.metric import Metric

N = 100 * 2.0 ** np.arange(8)
NOISE = np.random.default_rng(3).normal(size=(8, RUNS))
LEARNT = np.array([0.9, 0.5, 0.3, 0.2, 0.18, 0.181, 0.179, 0.18])


def measured(level, noise: float, **options) -> Forecast:
    level = np.asarray(level)
    return forecast(
        np.repeat(N[: len(level)], RUNS), (level[:, None] * (1 + noise * NOISE[: len(level)])).ravel(), **options
    )


def codes(fc: Forecast) -> set[str]:
    return {w.code for w in fc.warnings} & {"not-begun", "saturated", "flat"}


@pytest.mark.parametrize(
    ("fc", "kind", "since"),
    [
        (measured(np.full(8, 0.9), 0.01, chance=0.9), "not-begun", 100),
        (measured(LEARNT, 0.02), "saturated", 1600),
        (measured(LEARNT / LEARNT[-1] * 0.45, 0.02, chance=0.5), "saturated", 1600),
        (measured([0.36, 0.18, 0.178], 0.02), "saturated", 200),
        (measured(np.full(8, 0.2), 0.01, chance=0.9), "saturated", 100),
        (measured(np.full(8, 0.2), 0.01), "flat", 100),
        (measured((N[:4] / 100) ** -0.05, 0.12), "flat", 100),
        (measured([1.0, 0.9, 0.8, 0.85], 0.12), "flat", 100),
        (forecast(N, np.ones(8)), "flat", 100),
    ],
)
def test_which_of_three_things_a_flat_curve_is(fc, kind, since) -> None:
    assert fc.flatness is not None and fc.flatness.kind == kind and fc.flatness.since == since
    assert codes(fc) == {kind}


def test_each_has_its_cure_and_the_metric_of_its_user() -> None:
    cures = {}
    rows = {"not-begun": np.full(8, 0.9), "saturated": LEARNT, "flat": (N / 100) ** -0.03 * 0.3}
    for kind, level in rows.items():
        noise = {"not-begun": 0.01, "saturated": 0.02, "flat": 0.15}[kind]
        chance = {"chance": 0.9} if kind == "not-begun" else {}
        fc = measured(level, noise, **chance)
        score = dataclasses.replace(fc.curve, measured_as=Metric("accuracy", "error", higher_is_better=True, best=1.0))
        (cures[kind],) = (w.message for w in forecast(score).warnings if w.code == kind)
        assert "accuracy" in cures[kind] and "loss" not in cures[kind]
    assert "Use larger sizes" in cures["not-begun"]
    assert (
        "Improve the model, not the data" in cures["saturated"] and "Learnt, and flat since n = 1,600" in cures["saturated"]
    )
    assert "more replicates or larger sizes" in cures["flat"]


@pytest.mark.parametrize(("change", "said"), [(-0.3, "loss falls by"), (0.02, "loss rises by")])
def test_a_change_that_its_interval_bears_is_not_said_to_be_hidden(change, said) -> None:
    told = []
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=(6, RUNS))
        fc = forecast(np.repeat(N[:6], RUNS), (0.5 * (N[:6] / 100) ** (change * 0.2))[:, None].repeat(RUNS, 1).ravel()
                      * np.exp(0.12 * noise.ravel()))  # fmt: skip
        flat, found = fc.flatness, [one.message for one in fc.warnings if one.code == "flat"]
        if flat is not None and found:
            assert ("noise hides whether" in found[0]) == (flat.low <= 0 <= flat.high)
            told += [found[0]] if flat.low > 0 or flat.high < 0 else []
    assert any(said in text and text.startswith("Too little beside the noise") for text in told)


def test_a_saturated_curve_says_how_much_is_left_with_its_interval() -> None:
    found = measured(LEARNT, 0.02).flatness
    assert found is not None and found.learnt and found.low < found.fall < found.high
    assert abs(found.fall) < 0.02 and found.low < 0 < found.high


@pytest.mark.parametrize("exponent", [0.1, 0.3, 0.6])
def test_a_curve_that_falls_is_not_flat(exponent) -> None:
    fc = measured((N / 100) ** -exponent, 0.02)
    assert not fc.flat and codes(fc) == set() and flatness(fc.measured, None) is None


def test_flat_is_judged_by_what_was_measured_and_not_by_a_warning(monkeypatch) -> None:
    three, ones = measured([0.36, 0.18, 0.178], 0.02), forecast(N, np.ones(8))
    monkeypatch.setattr(Forecast, "warnings", property(lambda _: ()))
    assert three.flat and ones.flat


def test_hardly_better_than_guessing_and_near_the_floor_are_never_said_of_one_size() -> None:
    slow = forecast(
        np.repeat(N[:6], 2), np.repeat([0.9, 0.88, 0.83, 0.76, 0.74, 0.735], 2) + np.tile([0.002, -0.002], 6), chance=0.9
    )
    assert "small-data" in {w.code for w in slow.warnings}
    for region, loss in zip(slow.regions, slow.measured.mean, strict=True):
        assert region.small_data + region.power_law + region.floor == pytest.approx(1.0)
        assert loss <= 0.8 * 0.9 or region.floor == 0.0


def test_the_sentences_of_a_flat_curve_say_which_it_is() -> None:
    found = analyse(measured([0.36, 0.18, 0.178], 0.02).curve, target=0.1)
    said = " ".join(found.sentences)
    assert (
        "We can't say whether more data reaches loss 0.1: loss has been flat since n = 200." in said
        and "near the floor" not in said
    )
    assert found.to_dict()["curves"][0]["forecast"]["flatness"] == {"kind": "saturated", "since": 200.0}


def test_a_saturated_curve_whose_fall_is_clear_tells_its_floor() -> None:
    fc = measured(LEARNT, 0.02)
    assert codes(fc) == {"saturated"} and not fc.flat
    said = " ".join(analyse(fc.curve).sentences)
    assert "The floor is 0.1" in said and "near the floor" in said
