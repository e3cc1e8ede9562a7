"""One estimator grown over nested sizes: the same scores but for a seed's noise, and a refusal where it would not be so."""

import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

import kleiber
from kleiber.errors import KleiberError

X, Y = load_digits(return_X_y=True)
SIZES = [100, 200, 400]
SEEN: list[set[int]] = []


class Watching(ClassifierMixin, BaseEstimator):
    """Notes on how many threads the libraries compute while it is fitted."""

    def fit(self, X, y):
        SEEN.append({found["num_threads"] for found in threadpool_info()})
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def curve(estimator, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nets that were stopped early
        return kleiber.learning_curve(estimator, X / 16, Y, sizes=SIZES, replicates=2, **options)


def test_a_linear_model_grows_to_the_same_scores():
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, tol=1e-6))
    one, grown = curve(model), curve(model, incremental=True)
    np.testing.assert_allclose(grown.test_scores, one.test_scores, atol=0.003)
    assert grown.grown and not one.grown and "grown" in repr(grown).splitlines()[0]
    with pytest.raises(KleiberError, match="no cost of a fit"):
        grown.cost()
    assert model.steps[-1][1].get_params()["warm_start"] is False and not hasattr(model.steps[-1][1], "coef_")


def test_a_net_trains_on_at_each_size_and_in_fewer_passes():
    class Counting(MLPClassifier):
        passes: list[int] = []  # noqa: RUF012

        def fit(self, X, y):
            super().fit(X, y)
            self.passes.append(len(self.loss_curve_))
            return self

    net = Counting((16,), max_iter=300, learning_rate_init=5e-3, random_state=0)
    one = curve(net)
    scratch = sum(Counting.passes)
    Counting.passes.clear()
    grown = curve(net, incremental=True)
    of_first, of_second = Counting.passes[:3], Counting.passes[3:]  # loss_curve_ goes on, so that the last has all
    assert of_first[-1] + of_second[-1] < 0.8 * scratch
    assert min(*np.diff(of_first), *np.diff(of_second)) > net.n_iter_no_change + 1  # it did not stop at once
    assert abs(grown.test_scores[-1].mean() - one.test_scores[-1].mean()) < 0.03


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (RandomForestClassifier(), "keep trees of the smaller subsets"),
        (GradientBoostingClassifier(), "keep trees of the smaller subsets"),
        (LogisticRegression(solver="liblinear"), "'liblinear' takes no starting point"),
        (Perceptron(), "is not known"),
        (SGDClassifier(), "learning_rate='optimal' loses the starting point"),
        (make_pipeline(StandardScaler(), GaussianNB()), "GaussianNB can't be grown, since its fit has no warm start"),
    ],
)
def test_what_can_not_be_grown_is_refused_with_the_reason(estimator, said):
    with pytest.raises(KleiberError, match=said):
        curve(estimator, incremental=True)


def test_a_subset_with_a_class_more_starts_afresh():
    with pytest.warns(UserWarning, match="lack up to"):
        found = kleiber.learning_curve(
            LogisticRegression(max_iter=500), X / 16, Y, sizes=[15, 600], cv=3, incremental=True, random_state=1
        )
    assert not found.failures and found.test_scores[-1].min() > 0.8


def test_several_jobs_compute_on_one_thread_each_and_the_process_is_left_as_it_was():
    with threadpool_limits(2):
        before = [(found["filepath"], found["num_threads"]) for found in threadpool_info()]
        SEEN.clear()
        with joblib.parallel_config(backend="threading"):
            curve(Watching(), n_jobs=2)
        assert [(found["filepath"], found["num_threads"]) for found in threadpool_info()] == before
        assert len(SEEN) == 6 and set().union(*SEEN) == {1}
        SEEN.clear()
        curve(Watching())
        assert SEEN and set().union(*SEEN) == {number for _, number in before}
