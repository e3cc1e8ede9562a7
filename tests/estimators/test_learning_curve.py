"""`kleiber.learning_curve`: scikit-learn's own scores to the last digit, and what it says of fits that can't be trusted."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import make_scorer, mean_squared_error
from sklearn.model_selection import GroupKFold, LearningCurveDisplay, StratifiedKFold, learning_curve
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import kleiber
from kleiber.errors import KleiberError
from kleiber.estimators.splits import splits_of

X, Y = load_digits(return_X_y=True)
SIZES = [60, 120, 240, 480]


@pytest.mark.parametrize(
    ("estimator", "scoring"),
    [
        (make_pipeline(StandardScaler(), RidgeClassifier()), None),
        (RandomForestClassifier(10, random_state=1), "neg_log_loss"),
        (GaussianNB(), "balanced_accuracy"),
    ],
)
def test_scores_are_those_of_scikit_learn_on_the_same_subsets(estimator, scoring):
    lc = kleiber.learning_curve(estimator, X, Y, sizes=SIZES, cv=4, scoring=scoring, random_state=3)
    sizes, train, test, *_ = learning_curve(
        estimator, X, Y, train_sizes=SIZES, cv=4, scoring=scoring, shuffle=True, random_state=3
    )
    assert lc.train_sizes.tolist() == sizes.tolist()
    np.testing.assert_allclose(lc.train_scores, train, atol=1e-12)
    np.testing.assert_allclose(lc.test_scores, test, atol=1e-12)
    assert (lc.fit_times > 0).all() and (lc.score_times > 0).all()


@pytest.mark.slow
def test_two_processes_give_the_scores_of_one():
    one, two = (kleiber.learning_curve(GaussianNB(), X, Y, sizes=SIZES, cv=3, n_jobs=jobs) for jobs in (None, 2))
    np.testing.assert_array_equal(one.test_scores, two.test_scores)


def test_without_cv_every_subset_has_all_classes_and_each_replicate_its_own_fifth():
    splits = splits_of(X, np.sort(Y), cv=None, groups=None, replicates=3, seed=0, classes=True)
    assert len(splits) == 3
    for split in splits:
        assert set(np.sort(Y)[split.order[:10]]) == set(range(10))
        assert len(split.test) == 360 and not set(split.test) & set(split.order)
    assert len({tuple(sorted(split.test)) for split in splits}) == 3
    lc = kleiber.learning_curve(GaussianNB(), X, Y)
    assert lc.test_scores.shape == (len(lc.train_sizes), 3)
    assert lc.train_sizes[-1] == len(Y) - 360 and lc.train_sizes[0] >= 20
    np.testing.assert_array_equal(lc.test_scores, kleiber.learning_curve(GaussianNB(), X, Y).test_scores)


def test_groups_stay_on_one_side():
    groups = np.arange(len(Y)) // 20
    for cv in (None, GroupKFold(3)):
        for split in splits_of(X, Y, cv=cv, groups=groups, replicates=2, seed=0, classes=True):
            assert not set(groups[split.test]) & set(groups[split.order])


def test_frames_sparse_matrices_and_texts_are_taken_as_scikit_learn_takes_them():
    dense = kleiber.learning_curve(MultinomialNB(), X, Y, sizes=SIZES).test_scores
    for given in (sparse.csr_matrix(X), sparse.coo_matrix(X), pd.DataFrame(X), pl.DataFrame(X)):
        np.testing.assert_allclose(kleiber.learning_curve(MultinomialNB(), given, Y, sizes=SIZES).test_scores, dense)
    texts = [f"good film {i % 7}" if i % 2 else f"bad film {i % 5}" for i in range(200)]
    model = make_pipeline(CountVectorizer(), MultinomialNB())
    lc = kleiber.learning_curve(model, texts, ["yes" if i % 2 else "no" for i in range(200)])
    assert lc.test_scores[-1].min() == 1.0


def test_its_forecast_is_in_the_score_and_the_frame_has_a_row_a_fit():
    lc = kleiber.learning_curve(GaussianNB(), X, Y, sizes=[60, 120, 240, 480, 960], cv=5)
    fc = lc.forecast()
    assert fc.curve.metric == "error" and fc.curve.scale.name == "accuracy" and fc.curve.model == "GaussianNB"
    assert 0.05 < fc.median(1920) < 0.3
    assert kleiber.forecast(lc).median(1920) == fc.median(1920)
    frame = lc.to_frame()
    assert len(frame) == 25 and list(frame.columns) == ["n", "split", "train_score", "test_score", "fit_time", "score_time"]
    assert "960" in repr(lc) and "accuracy" in repr(lc)
    assert kleiber.analyse(lc).content["curves"]


def test_what_scikit_learn_gives_is_taken_as_it_is():
    given = learning_curve(GaussianNB(), X, Y, train_sizes=SIZES, cv=5, shuffle=True, random_state=0, return_times=True)
    lc = kleiber.learning_curve(GaussianNB(), X, Y, sizes=SIZES, cv=5)
    display = LearningCurveDisplay(train_sizes=given[0], train_scores=given[1], test_scores=given[2], score_name="Accuracy")
    expected = lc.forecast().median(960)
    for source in (given, given[:3], display):
        assert kleiber.forecast(source).median(960) == pytest.approx(expected, rel=1e-3)
    assert kleiber.forecast(given, metric="accuracy").curve.scale.name == "accuracy"
    losses = learning_curve(
        MultinomialNB(), X, Y, train_sizes=SIZES, cv=5, shuffle=True, random_state=0, scoring="neg_log_loss"
    )
    assert kleiber.forecast(losses).curve.loss == pytest.approx(-losses[2].mean(axis=1))
    found = kleiber.compare({"ours": lc, "theirs": given}, metric="accuracy")
    assert "theirs" in str(found.to_dict())


def test_a_scorer_with_its_sign_turned_is_a_loss_again():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    y = x.sum(axis=1) + rng.normal(size=300)
    scorer = make_scorer(mean_squared_error, greater_is_better=False)
    lc = kleiber.learning_curve(Ridge(), x, y, scoring=scorer)
    assert lc.curve.loss == pytest.approx(-lc.test_scores.mean(axis=1))
    assert kleiber.learning_curve(Ridge(), x, y).score_name == "r2"


def coverage(widened, *, seed):
    """Give how often 1.64 standard errors of the mean of five folds hold the accuracy on all other data."""
    rng = np.random.default_rng(seed)
    held = []
    for _ in range(60):
        y = rng.integers(0, 2, 2100)
        x = rng.normal(size=(2100, 3)) + 0.7 * y[:, None]
        scores = [
            GaussianNB().fit(x[:100][train], y[:100][train]).score(x[:100][test], y[:100][test])
            for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x[:100], y[:100])
        ]
        truth = GaussianNB().fit(x[100:180], y[100:180]).score(x[180:], y[180:])
        held.append(abs(np.mean(scores) - truth) < 1.64 * np.sqrt(widened * np.var(scores, ddof=1)))
    return np.mean(held)


def test_the_error_of_a_mean_over_folds_is_wider_than_their_spread_and_holds_what_it_says():
    lc = kleiber.learning_curve(GaussianNB(), X, Y, sizes=SIZES, cv=5)
    spread = lc.test_scores.std(axis=1, ddof=1)
    assert lc.curve.se == pytest.approx(np.sqrt(1 / 5 + 1 / 4) * spread, rel=1e-3)
    assert "splits-share-data" in {caution.code for caution in lc.forecast().warnings}
    assert coverage(1 / 5 + 1 / 4, seed=1) >= 0.85 > coverage(1 / 5, seed=1)


def test_the_cost_of_a_fit_is_forecast_from_its_seconds():
    rng = np.random.default_rng(0)
    held = []
    for power, share in ((1.0, 0.1), (1.5, 0.05), (2.0, 0.3), (1.0, 0.5)):
        for _ in range(10):
            n = np.repeat(100.0 * 2.0 ** np.arange(6), 3)
            truth = lambda size: share + (1 - share) * (size / 3200) ** power  # noqa: E731, B023
            cost = kleiber.estimators.cost.Cost.of(n, truth(n) * np.exp(rng.normal(0, 0.1, len(n))))
            low, high = cost.interval(12_800)
            held.append(low < truth(12_800) * np.exp(rng.normal(0, 0.1)) < high)
            assert low < cost.median(12_800) < high < 40 * low
    assert np.mean(held) >= 0.8
    lc = kleiber.learning_curve(GaussianNB(), X, Y, sizes=SIZES)
    assert lc.cost().median(960) > 0
    with pytest.raises(KleiberError, match="return_times=True"):
        kleiber.learning_curve(GaussianNB(), X, Y, sizes=SIZES, return_times=False).cost()


def test_fits_that_fail_are_named_and_their_sizes_take_no_part():
    with pytest.warns(
        UserWarning, match=r"6 of 12 fits of KNeighborsClassifier failed, the first at n = 60: score: ValueError"
    ):
        lc = kleiber.learning_curve(KNeighborsClassifier(200), X, Y, sizes=SIZES)
    assert {n for n, _, _ in lc.failures} == {60, 120} and np.isnan(lc.test_scores[:2]).all()
    assert lc.curve.n.tolist() == [240, 480]
    assert "failed-fits" in {caution.code for caution in lc.curve.cautions}
    with pytest.raises(KleiberError, match="every fit of KNeighborsClassifier failed, the first at n = 60"):
        kleiber.learning_curve(KNeighborsClassifier(1000), X, Y, sizes=SIZES)


def test_a_subset_that_lacks_a_class_is_said():
    order = np.argsort(Y, kind="stable")
    with pytest.warns(UserWarning, match=r"subsets at n = 10 lack up to \d of the 10 classes"):
        kleiber.learning_curve(GaussianNB(), X[order], Y[order], sizes=[10, 200, 400], cv=3)


class NoScore(ClassifierMixin, BaseEstimator):
    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, x):
        return np.full(len(x), self.classes_[0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"estimator": GaussianNB}, r"GaussianNB is none with fit and get_params; give GaussianNB\(\)"),
        ({"y": None}, "y is missing"),
        ({"y": Y[:-1]}, "inconsistent numbers of samples"),
        ({"X": np.where(X[0] == X, np.nan, X)}, "every fit of GaussianNB failed.*takes no missing values"),
        ({"X": sparse.csr_matrix(X)}, "every fit of GaussianNB failed.*[Ss]parse"),
        ({"estimator": NoScore(), "scoring": "neg_log_loss"}, "every fit of NoScore failed.*predict_proba"),
        ({"y": np.append(Y[:-1], 99)}, "class 99 has one example"),
        ({"sizes": [100, 5000]}, r"100 to 5,000 are named, but a subset has 1 to 1,437 examples"),
        ({"sizes": [0.5, 2.0]}, "shares are above 0 and at most 1"),
        ({"sizes": "all"}, "give numbers of examples"),
        ({"scoring": "accurcy"}, "accurcy"),
        ({"replicates": 0}, "at least one subset"),
        ({"random_state": None}, "a whole number from 0 up"),
        ({"cv": 5000}, "y can't be split"),
    ],
)
def test_what_can_not_be_fitted_is_refused_with_its_name(given, said):
    with pytest.raises(KleiberError, match=said):
        kleiber.learning_curve(**{"estimator": GaussianNB(), "X": X, "y": Y, "sizes": SIZES, **given})


def test_the_picture_has_the_scores_of_the_subsets_too():
    pytest.importorskip("matplotlib").use("Agg")
    lc = kleiber.learning_curve(GaussianNB(), X, Y, sizes=[40, 80, 160, 320, 640])
    axes = lc.plot()
    assert "on the subset itself" in [text.get_text() for text in axes.get_legend().get_texts()]
    import matplotlib.pyplot as plt

    plt.close(axes.figure)
