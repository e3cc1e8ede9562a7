import json

import numpy as np
import pytest

from kleiber.answers.compare.compare import compare, worth_of_cut
from kleiber.curves.curve import make_curve
from kleiber.errors import KleiberError

N = 100.0 * 2.0 ** np.arange(8)


def law(n, exponent=0.3, floor=0.05, amplitude=1.0):
    return amplitude * (np.asarray(n) / 100.0) ** -exponent + floor


def runs(seed, *, noise=0.01, replicates=3, shared=0.0, **shape):
    """Three runs at each of eight sizes; `shared` is luck that replicates of all models have in common."""
    own, common = np.random.default_rng([5, seed]), np.random.default_rng(99)
    luck = noise * own.normal(size=(len(N), replicates)) + shared * common.normal(size=(len(N), replicates))
    loss = law(N, **shape)[:, None] * (1 + luck)
    return {"n": np.repeat(N, replicates), "loss": loss.ravel(), "replicate": np.tile(np.arange(replicates), len(N))}


@pytest.fixture(scope="module")
def shifted():
    """B has four fifths of A's reducible loss: the same loss with .8^(1/.3) = .475 of the data."""
    return compare({"A": runs(15), "B": runs(16, amplitude=0.8)})


@pytest.fixture(scope="module")
def same():
    return compare({"A": runs(3), "B": runs(4)})


@pytest.fixture(scope="module")
def crossed():
    """B starts lower and falls more slowly: the curves meet at twice the largest size."""
    meet = 2 * N[-1] / 100.0
    return compare({"A": runs(5, exponent=0.4, floor=0.0), "B": runs(6, exponent=0.2, floor=0.0, amplitude=meet**-0.2)})


@pytest.mark.parametrize(
    ("exponent", "worth"), [(0.5, "1.23"), (0.35, "1.35"), (0.3, "1.42"), (0.128, "2.28"), (0.066, "4.94")]
)
def test_a_cut_of_a_tenth_of_the_reducible_error_is_worth_what_the_table_says(exponent, worth):
    assert f"{worth_of_cut(0.1, exponent):.2f}" == worth
    cut = law(1000.0, exponent, floor=0.0, amplitude=0.9)
    assert law(1000.0 * worth_of_cut(0.1, exponent), exponent, floor=0.0) == pytest.approx(cut)


def test_no_cut_is_worth_nothing_and_an_impossible_one_is_refused():
    assert worth_of_cut(0.0, 0.3) == 1.0
    for cut, exponent in ((1.0, 0.3), (-0.1, 0.3), (0.1, 0.0)):
        with pytest.raises(KleiberError, match="cut"):
            worth_of_cut(cut, exponent)


def test_the_data_multiplier_is_the_true_one_within_its_interval(shifted):
    told = [m for m in shifted.pairs[0].multipliers if m.grade != "guess"]
    assert len(told) >= 2
    for one in told:
        assert one.ratio.low <= 0.8 ** (1 / 0.3) <= one.ratio.high
    assert told[0].loss == pytest.approx(
        law(N[-1]), rel=0.03
    )  # the loss that the worse one has now: nothing is extrapolated
    assert told[0].ratio.low > 0.4 and told[0].ratio.high < 0.6


def test_ninety_per_cent_intervals_of_the_multiplier_cover_it_and_not_another():
    truth, target, covered, wrong = 0.8 ** (1 / 0.3), float(law(2 * N[-1])), 0, 0
    for k in range(12):
        pair = {"A": runs(100 + k, noise=0.02), "B": runs(200 + k, noise=0.02, amplitude=0.8)}
        (one,) = compare(pair, target=target).pairs[0].multipliers
        covered += one.ratio.low <= truth <= one.ratio.high
        wrong += one.ratio.low <= 1.0 <= one.ratio.high
    assert covered >= 12 * 0.9 - 3 * np.sqrt(12 * 0.09)
    assert wrong <= 4


def test_the_better_model_beats_the_other_and_of_two_alike_neither(shifted, same):
    for place in shifted.pairs[0].at:
        assert max(place.beats, place.beats_run) < (0.01 if place.n <= 2 * N[-1] else 0.3)
        truth = law(place.n) - law(place.n, amplitude=0.8)
        assert place.difference.low <= truth <= place.difference.high
        assert place.ratio.low <= law(place.n) / law(place.n, amplitude=0.8) <= place.ratio.high
    assert [place.n for place in same.pairs[0].at] == [N[-1] * k for k in (1, 2, 4, 8)]
    assert all(0.05 < place.beats < 0.95 and place.ratio.low < 1 < place.ratio.high for place in same.pairs[0].at)


def test_curves_that_cross_are_said_to_and_those_far_apart_not(crossed):
    found = crossed.pairs[0].crossing
    assert found.crosses > 0.8 and found.crosses + found.never_within == pytest.approx(1.0)
    assert found.place.low < 2 * N[-1] < found.place.high
    far = compare({"A": runs(1), "B": runs(2, amplitude=0.5)}).pairs[0].crossing
    assert far.crosses < 0.15  # up to 32 times the largest size
    assert far.place is None or far.place.median > 16 * N[-1]
    near = compare({"A": runs(1), "B": runs(2, amplitude=0.5)})
    assert all(place.beats < 0.01 for place in near.pairs[0].at)
    assert "(probability over 99 %; " in near.sentences[0]


def test_beyond_either_horizon_a_comparison_is_called_a_guess():
    meet = 4 * N[-1] / 100.0
    slow = runs(6, exponent=0.2, floor=0.0, amplitude=meet**-0.2)
    asked = compare({"A": runs(5, exponent=0.4, floor=0.0), "B": slow}, at=[12_800, 1e7])
    near, far = asked.pairs[0].at
    assert near.grade == "firm" and far.grade == "guess" and asked.pairs[0].horizon == 32 * N[-1]
    assert asked.sentences[0].startswith("At 10,000,000 ") and "; guess). At 12,800 B is best (" in asked.sentences[0]
    assert any(one.startswith("At 10,000,000 ") and "% (guess): loss " in one for one in asked.sentences[1:])


def test_the_answer_comes_first_and_says_which_is_best(shifted, crossed, same):
    best = shifted.sentences[0]
    assert min(1 - place.beats for place in shifted.pairs[0].at) > 0.99
    assert best.startswith(
        "B is the best of 2 models from 12,800 to 102,400 (probability over 99 %; firm). Expect loss 0.1"
    )
    low, middle, high = shifted.forecasts[1].quantile(8 * N[-1], [0.05, 0.5, 0.95])
    assert best.endswith(f". Expect loss {middle:.3f} at 102,400 (90 % interval {low:.3f} to {high:.3f}).")
    assert crossed.sentences[0].startswith("At 102,400 A is best (better than B with probability ")
    assert ". At 12,800 B is best (better than A with probability over 99 %; firm)." in crossed.sentences[0]
    assert ". At 12,800 A and B are too close to call (probability 5" in same.sentences[0]


def test_at_one_size_the_answer_names_it_once(shifted):
    one = compare({"A": runs(1), "B": runs(2, amplitude=0.8)}, at=[25_600]).sentences[0]
    assert (
        one.startswith("At 25,600 B is best (better than A with probability over 99 %; firm). Expect loss 0.2")
        and " to " in one
    )
    even = compare({"A": runs(3), "B": runs(4)}, at=[12_800]).sentences[0]
    assert even.startswith("At 12,800 A and B are too close to call (probability 5") and even.endswith("; firm).")


def test_pairing_cancels_luck_that_replicates_share():
    options = {"noise": 0.005, "replicates": 6}
    alike = compare({"A": runs(7, shared=0.05, **options), "B": runs(8, shared=0.05, amplitude=0.98, **options)})
    apart = compare({"A": runs(7, **options), "B": runs(8, amplitude=0.98, **options)})
    cut, kept = (np.median([p.variance_ratio for p in found.pairs[0].paired]) for found in (alike, apart))
    assert cut < 0.1 and 0.5 < kept < 2.0
    covered = [p.difference.low <= law(p.n) - law(p.n, amplitude=0.98) <= p.difference.high for p in alike.pairs[0].paired]
    assert len(covered) == 8 and sum(covered) >= 6
    assert all(p.count == 6 for p in alike.pairs[0].paired)


def test_a_run_that_is_left_out_is_not_measured_against_another_model():
    bad = runs(2, amplitude=0.8)
    bad["loss"][-1] *= 4
    found = compare({"A": runs(1), "B": bad})
    last = found.pairs[0].paired[-1]
    assert len(found.forecasts[1].outliers) == 1 and (last.n, last.count) == (N[-1], 2)
    assert last.difference.median > 0 and not any("disagree" in one for one in found.sentences)


def test_of_several_models_the_best_and_its_rival_come_first_and_what_one_is_worth_in_data_before_the_sizes():
    found = compare({name: runs(i, amplitude=a) for i, (name, a) in enumerate({"C": 1.5, "B": 1.0, "A": 0.8}.items())})
    best, ranked, measured, worth, *_ = found.sentences
    middle, low, high = (found.forecasts[2].quantile(8 * N[-1], q) for q in (0.5, 0.05, 0.95))
    start = "Expected loss at 102,400 with its 90 % interval, best first: A "
    assert ranked.startswith(f"{start}{middle:.3f} (firm; {low:.3f} to {high:.3f}); B ") and ". Then C " in ranked
    assert best.startswith("A is the best of 3 ")
    assert measured.startswith("Measured at ") and "of A is" in measured and "that of B" in measured
    assert worth.startswith("For loss ") and " times the data of " in worth and "C" not in worth
    shown = "\n".join(found.sentences)
    assert shown.index("that of C") > shown.index(worth)
    told = [text for text in found.sentences if text.startswith("Measured at ")]
    assert ["of A " in text or "of B " in text for text in told] == [True, True, True]
    assert ["that of B" in told[0], "that of C" in told[1], "of B is" in told[2]] == [
        True,
        True,
        True,
    ]  # of A, then the rest


def test_a_comparison_shows_itself_by_its_first_sentences(shifted):
    more = len(shifted.sentences) - 5
    assert more > 0 and repr(shifted) == "\n".join([*shifted.sentences[:5], f"({more} more sentences in .sentences)"])
    assert shifted._repr_html_().count("<p>") == 6 and shifted.sentences[4] in shifted._repr_html_()


def test_runs_without_labels_are_not_paired():
    """Unlabelled rows are numbered in the order of their losses: pairing those would be pairing by rank."""
    rows = [{key: value for key, value in runs(k).items() if key != "replicate"} for k in (9, 10)]
    assert compare({"A": rows[0], "B": rows[1]}).pairs[0].paired == ()
    curves = [make_curve(**one, model=name) for one, name in zip(rows, "AB", strict=True)]
    assert compare(curves).pairs[0].paired == ()
    named = [make_curve(**runs(k), model=name) for k, name in ((9, "A"), (10, "B"))]
    assert len(compare(named).pairs[0].paired) == 8


def test_a_target_that_only_one_model_reaches():
    found = compare({"A": runs(11, exponent=0.5, floor=0.02), "B": runs(12, exponent=0.5, floor=0.2)}, target=0.1)
    (one,) = found.pairs[0].multipliers
    assert one.loss == 0.1 and one.grade == "guess" and one.ratio.median == float("inf")
    assert one.second_never > 0.8 > 0.1 > one.first_never
    assert one.second_within < 0.1 < 0.9 < one.first_within
    plain = found.to_dict()["pairs"][0]["multipliers"][0]
    assert plain["ratio"]["median"] is None
    assert any(text.startswith("Only A is likely to reach loss 0.100. With ") for text in found.sentences)
    needs = found.sentences[1]
    assert needs.startswith("A takes about ") and " examples for loss 0.1 (firm; 90 % interval " in needs
    assert ". B is unlikely to reach loss 0.1 even with 128,000,000 examples (probability " in found.sentences[1]


def test_exponents_that_differ_are_said_to_and_what_could_not_be_seen_is_said(crossed, same):
    evidence, told = crossed.sentences[-2:]
    assert crossed.exponents.pairs[0].probability > 0.95 and told.startswith("The exponent of B is ")
    assert evidence.startswith("The models have different exponents (Bayes factor over 1,000 for different exponents). ")
    assert "An F-test shows a difference (p = " in evidence
    evidence, told = same.sentences[-2:]
    assert " lower than that of " in told and "This study could detect a difference of " in told
    factor = same.exponents.bayes_factor
    assert evidence.startswith(
        f"The models probably share one exponent (Bayes factor {factor:.3g} for one shared exponent)"
    )
    assert "An F-test does not show a difference (p = " in evidence and "Half or twice the prior's spread" in evidence


def test_models_without_a_size_in_common_are_said_to_have_none():
    halves = [{key: value[half::2] for key, value in runs(k, replicates=1).items()} for k, half in ((1, 0), (2, 1))]
    found = compare({"A": halves[0], "B": halves[1]})
    assert found.pairs[0].apart and found.pairs[0].paired == ()
    assert found.sentences[2] == "A and B share no measured size: only their forecasts are compared."
    assert found.to_dict()["pairs"][0]["largest_common"] == N[-2]


def test_a_size_asked_for_twice_is_told_once_and_a_very_large_one_is_short(shifted):
    found = compare({"A": runs(1), "B": runs(2, amplitude=0.8)}, at=[25_600, 12_800, 25_600, 3e15])
    assert [place.n for place in found.pairs[0].at] == [25_600, 12_800, 3e15]
    assert sum(one.startswith("At 25,600 ") for one in found.sentences) == 1
    assert any(one.startswith("At 3e+15 ") and "(guess): loss " in one for one in found.sentences[1:])


def test_a_refused_forecast_is_told_and_the_rest_is_compared():
    few = {key: value[:6] for key, value in runs(14).items()}
    found = compare({"A": runs(13), "B": runs(15, amplitude=0.8), "C": few})
    assert [pair.second for pair in found.pairs if pair.at] == ["B"]
    assert found.sentences[2].startswith("No forecast of loss of C. ") and "C: " in found.left_out[0]
    assert found.exponents.models == ("A", "B")
    refused = found.pairs[1]
    assert (refused.first, refused.second, refused.horizon, refused.crossing) == ("A", "C", None, None)
    assert [p.n for p in refused.paired] == [100.0, 200.0]


def test_a_flat_curve_has_no_exponent_to_compare():
    found = compare({"A": runs(13), "B": runs(15, amplitude=0.0, floor=0.5), "C": runs(16)})
    assert found.left_out == ("B: the curve is flat",) and found.exponents.models == ("A", "C")
    assert len(found.pairs) == 3 and all(pair.at for pair in found.pairs)


def test_a_source_of_several_metrics_has_to_be_asked_for_one():
    rows = [
        {"model": model, "metric": metric, "n": n, "loss": float(law(n, amplitude=a)) * (1 + 0.001 * k)}
        for model, a in (("A", 1.0), ("B", 0.8))
        for metric in ("loss", "error")
        for k, n in enumerate(N)
    ]
    with pytest.raises(KleiberError, match="several metrics, choose one by metric=: error, loss"):
        compare(rows)
    found = compare(rows, metric="error")
    assert found.metric == "error" and found.models == ("A", "B") and found.pairs[0].at[0].beats < 0.2


def test_what_cannot_be_compared_is_named():
    with pytest.raises(KleiberError, match="two models or more"):
        compare({"A": runs(1)})
    with pytest.raises(KleiberError, match="model 'B': 'n' or 'loss' is missing"):
        compare({"A": runs(1), "B": {"n": [1, 2]}})
    with pytest.raises(KleiberError, match="several metrics: error, loss"):
        compare({"A": runs(1), "B": runs(2) | {"metric": "error"}})
    with pytest.raises(KleiberError, match="several curves of model A"):
        compare([make_curve(**runs(k), model="A") for k in (1, 2)])
    for wrong in ({"at": [-1]}, {"target": float("nan")}, {"differ": 0}):
        with pytest.raises(KleiberError, match=next(iter(wrong))):
            compare({"A": runs(1), "B": runs(2)}, **wrong)


def test_it_is_plain_data_and_the_same_each_time(shifted):
    again = compare({"A": runs(15), "B": runs(16, amplitude=0.8)})
    text = json.dumps(shifted.to_dict(), allow_nan=False)
    assert text == json.dumps(again.to_dict(), allow_nan=False)
    assert text != json.dumps(compare({"A": runs(13), "B": runs(14, amplitude=0.8)}, random_state=1).to_dict())
    words = ("interval", "probability", "the prior's spread")
    assert all(any(word in sentence for word in words) for sentence in shifted.sentences)


def test_the_order_of_the_models_turns_the_answers_round(shifted):
    other = compare({"B": runs(16, amplitude=0.8), "A": runs(15)})
    for here, there in zip(shifted.pairs[0].at, other.pairs[0].at, strict=True):
        assert here.beats == pytest.approx(1 - there.beats, abs=0.03)
        assert here.ratio.median == pytest.approx(1 / there.ratio.median, rel=0.02)
    for here, there in zip(shifted.pairs[0].multipliers[:2], other.pairs[0].multipliers[:2], strict=True):
        assert here.ratio.median == pytest.approx(1 / there.ratio.median, rel=0.05)


def test_what_is_reached_below_the_smallest_size_is_no_ratio():
    """The better model is below the loss at every size measured: how much less it needs cannot be told."""
    n = np.repeat(200.0 * 2.0 ** np.arange(7), 3)
    noise = 1 + 0.005 * np.random.default_rng(0).normal(size=(2, len(n)))
    worse, better = 0.05 + 3.0 * n**-0.3, 0.05 + 1.2 * n**-0.3
    found = compare({"worse": (n, worse * noise[0]), "better": (n, better * noise[1])}, target=0.6)
    (level,) = found.pairs[0].multipliers
    known = "better has loss 0.600 at every size compared, so how little it needs is not known. With "
    assert level.grade == "guess" and any(text.startswith(known) for text in found.sentences)
    told = compare({"worse": (n, worse * noise[0]), "better": (n, better * noise[1])}, target=0.25).pairs[0].multipliers[0]
    truth = (0.2 / 1.2) ** (-1 / 0.3) / (0.2 / 3.0) ** (-1 / 0.3)
    assert told.grade == "guess" or told.ratio.low <= truth <= told.ratio.high


def test_a_flat_curve_is_told_neither_a_crossing_nor_a_need():
    chance = np.random.default_rng(1)
    n = np.repeat(100.0 * 2.0 ** np.arange(8), 3)
    flat = {name: (n, 0.7 + 0.01 * chance.normal(size=24)) for name in ("a", "b")}
    found = compare(flat)
    assert found.pairs[0].crossing is None and found.pairs[0].multipliers == ()
    assert {w.code for w in found.warnings} >= {"flat"} and any("flat" in s for s in found.sentences)


def test_a_target_that_one_model_has_reached_is_not_said_to_be_likely():
    found = compare({"A": runs(11, exponent=0.5, floor=0.02), "B": runs(12, exponent=0.5, floor=0.6)}, target=0.4)
    (said,) = (text for text in found.sentences if "A has reached loss 0.40" in text)
    assert " already. B is unlikely to reach it: with " in said and "Only A" not in " ".join(found.sentences)
