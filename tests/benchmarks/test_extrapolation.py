"""The benchmark of extrapolation: its figures on hand-made examples, its rules, and each baseline on a law it knows."""

import csv
import dataclasses
import gzip
import json
from types import SimpleNamespace

import numpy as np
import pytest

import kleiber
from benchmarks import baselines, extrapolation
from benchmarks.protocol import curves as data
from benchmarks.protocol import ours, scores, tables
from kleiber.curves.curve import make_curve

N = np.geomspace(100, 3200, 16)
AT = np.array([6400.0, 12800.0, 25600.0])


def law(n):
    return 0.1 + 3.0 * n**-0.5


LOSS, LOSS_AT = law(N), law(AT)


def curve(domain="IC", name="IC|one", loss=LOSS, loss_at=LOSS_AT):
    return data.BenchmarkCurve(domain, name, N, loss, None, AT, loss_at)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Write scaling curves of two domains, and no LCDB."""
    with gzip.open(tmp_path / "scaling_curves.csv.gz", "wt", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["domain", "curve", "idx", "n", "loss", "observed"])
        for domain in ("IC", "DD"):
            for k in range(3):
                for i, n in enumerate([*N[::-1], *AT]):
                    rows.writerow([domain, f"{domain}|{k}", i, n, (1 + k) * law(n), int(n <= N[-1])])
    monkeypatch.setenv("KLEIBER_BENCH", str(tmp_path))
    return tmp_path


def test_errors_by_hand():
    one = data.BenchmarkCurve("IC", "c", N, law(N), None, AT[:2], np.array([0.2, 0.1]))
    rmsle, mae = scores.errors(np.array([0.2 * np.e, 0.1]), one)
    assert rmsle == pytest.approx(np.sqrt(0.5))
    assert mae == pytest.approx(0.1 * (np.e - 1))
    assert scores.errors(np.array([0.2, 0.1]), one) == (0.0, 0.0)


def test_what_is_not_finite_or_not_positive_counts_as_the_last_loss():
    found = scores.counted(np.array([np.nan, np.inf, -np.inf, 0.0, -1.0, 0.3]), 0.7)
    np.testing.assert_array_equal(found, [0.7] * 5 + [0.3])
    (score,) = scores.score_baseline(lambda n, loss, at: np.full(len(at), np.nan), [curve()])
    (last,) = scores.score_baseline(baselines.load("last_value"), [curve()])
    assert (score.rmsle, score.mae) == (last.rmsle, last.mae)


def test_the_folds_of_data_sets_stay_as_they_are():
    assert [ours.fold_of(name) for name in ("3", "26", "1489", "42810")] == [3, 2, 1, 3]
    assert ours.held_out_name(curve("LCDB/8", "LCDB/8|26|LDA")) == ours.held_out_name(curve("LCDB/16", "LCDB/16|26|SVM"))
    assert ours.held_out_name(curve("DD", "DD|x")) == "DD"


def test_the_baselines_are_the_files_of_their_folder():
    assert set(baselines.names()) >= {"last_value", "log_log_line", "power_floor", "mmf4", "bnsl", "m4"}


@pytest.mark.parametrize("name", [n for n in baselines.names() if n != "last_value"])
def test_a_baseline_continues_a_clean_power_law(name):
    predict = baselines.load(name)
    shuffled = np.random.default_rng(0).permutation(len(N))
    predicted = predict(N[shuffled], 3.0 * N[shuffled] ** -0.3, AT)
    np.testing.assert_allclose(predicted, 3.0 * AT**-0.3, rtol=0.05)


@pytest.mark.parametrize("name", ["power_floor", "mmf4", "bnsl", "m4"])
def test_a_baseline_that_has_a_floor_finds_it_and_the_line_does_not(name):
    np.testing.assert_allclose(baselines.load(name)(N, law(N), AT), law(AT), rtol=0.05)
    assert np.all(baselines.load("log_log_line")(N, law(N), AT) < 0.92 * law(AT))


def test_the_last_value_is_that_of_the_largest_size():
    found = baselines.load("last_value")(np.array([8.0, 2.0, 8.0, 4.0]), np.array([0.4, 0.9, 0.3, 0.6]), AT)
    np.testing.assert_array_equal(found, [0.3, 0.3, 0.3])


@pytest.mark.parametrize("name", baselines.names())
def test_a_fit_does_not_depend_on_the_sizes_asked_for(name):
    predict, noisy = baselines.load(name), law(N) * np.exp(0.02 * np.random.default_rng(1).standard_normal(len(N)))
    np.testing.assert_allclose(predict(N, noisy, AT)[:1], predict(N, noisy, AT[:1]), rtol=1e-12)


def test_ours_is_scored_with_what_was_learnt_without_the_curve(tmp_path, monkeypatch):
    (tmp_path / "DD.json").write_text('{"learnt": 1}')
    used = []

    def forecast_many(curves, *, calibration=None):
        used.append(calibration)
        return kleiber.forecast_many(curves)

    monkeypatch.setattr(ours, "forecast_many", forecast_many)
    one, two = ours.score_ours([curve(), curve("DD", "DD|two")], tmp_path)
    assert used == [None, None, {"learnt": 1}]  # the first is asked once more, before the clock runs
    assert (one.table, two.table) == (None, "DD")
    assert one.rmsle < 0.05 and not one.refused
    low, high = kleiber.forecast(N, LOSS).quantile(AT, [0.05, 0.95]).T
    assert one.predictive.inside90 == np.mean((low <= LOSS_AT) & (high >= LOSS_AT))


def test_a_refusal_counts_as_the_last_loss_and_has_no_likelihood(tmp_path, monkeypatch):
    monkeypatch.setattr(ours, "forecast_many", lambda curves: [SimpleNamespace(status="refused")])
    (score,) = ours.score_ours([curve()], tmp_path)
    (last,) = scores.score_baseline(baselines.load("last_value"), [curve()])
    assert score.refused and score.predictive is None
    assert (score.rmsle, score.mae) == (last.rmsle, last.mae)
    assert tables.intervals_table({"IC": {tables.OURS: [score]}}).count("none") == 3


def test_standard_errors_of_zero_are_the_smallest_above_it():
    of = curve()
    for first, expected in ((0.1, 0.1), (0.0, None)):
        se = np.zeros(len(of.n))
        se[1:] = first
        asked = ours.asked(dataclasses.replace(of, se=se))
        given = make_curve(asked["n"], asked["loss"], se=asked["se"]).se
        assert expected is None if given is None else set(given) == {expected}


def test_the_likelihood_of_double_descent_is_in_units_of_the_largest_loss():
    class Flat:
        def quantile(self, n, q):
            return np.tile(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), (len(n), 1))

        def logpdf(self, n, loss):
            return np.zeros(len(n))

    unseen = np.array([0.15, 0.3, 0.6])
    for domain, expected in (("IC", 0.0), ("DD", np.log(law(N[0])))):
        found = ours.predictive(Flat(), curve(domain, loss_at=unseen))
        assert found.log_likelihood == pytest.approx(expected)
        assert (found.inside50, found.inside90) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_the_bootstrap_covers_the_mean_and_a_constant_has_no_spread():
    assert scores.resampled([0.4] * 7) == pytest.approx((0.4, 0.4))
    low, high = scores.resampled([0.0, 1.0] * 50)
    assert low < 0.5 < high and high - low == pytest.approx(2 * 1.96 * 0.05, rel=0.15)


def test_shares_are_of_the_best_baseline_of_the_run():
    def score(rmsle):
        return [scores.Score("c", rmsle, rmsle, 0.0)]

    text = tables.shares_table({"IC": {"last_value": score(0.4), "bnsl": score(0.2), tables.OURS: score(0.1)}})
    assert text.count("0.50 of bnsl") == 4 and "0.25 of last_value" in text


def test_a_run_writes_its_page_and_says_what_it_skips(bench, tmp_path, capsys):
    page, figures = tmp_path / "page.md", tmp_path / "scores.json"
    line = ["--baselines", "last_value", "log_log_line", "--curves", "2", "--out", str(page), "--scores", str(figures)]
    extrapolation.main(line)
    text = page.read_text()
    assert "LCDB/8, LCDB/16: skipped, there is no lcdb.csv.gz" in text and "NMT: skipped" in capsys.readouterr().err
    assert "IC (2)" in text and "DD (2)" in text and "90 % interval covers" in text
    found = json.loads(figures.read_text())
    assert set(found) == {"last_value", "log_log_line", "kleiber"}
    assert set(found["kleiber"]) == {"IC|0", "IC|1", "DD|0", "DD|1"}


def test_nothing_to_score_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("KLEIBER_BENCH", str(tmp_path))
    with pytest.raises(SystemExit, match="Nothing to score"):
        extrapolation.main(["--without-ours"])


def test_the_published_figures_are_met():
    """Mean RMSLE of the parameter-free baselines on image classification, as published elsewhere for the same curves."""
    if not (data.folder() / "scaling_curves.csv.gz").is_file():
        pytest.skip("needs the benchmark's curves (KLEIBER_BENCH says where they are)")
    found, _ = data.read(data.folder(), ["IC"])
    for name, published in (("last_value", 0.0880), ("log_log_line", 0.1046)):
        mean = np.mean([score.rmsle for score in scores.score_baseline(baselines.load(name), found["IC"])])
        assert mean == pytest.approx(published, abs=5e-5)
