"""Missing values pass to estimators that take them, and are refused with place and remedy for all others."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import kleiber
from kleiber.errors import KleiberError
from kleiber.study.study import Study

RNG = np.random.default_rng(0)
FULL = RNG.normal(size=(240, 4))
Y = (FULL[:, 0] + RNG.normal(size=240) > 0).astype(int)
X = np.where(RNG.random(FULL.shape) < 0.1, np.nan, FULL)
IMPUTED = make_pipeline(SimpleImputer(), LogisticRegression())
OWN = """
import numpy as np

class Tagless:
    '''An estimator of the old manners, without tags.'''
    classes_ = np.array([0, 1])
    def get_params(self, deep=True):
        return {{}}
    def set_params(self, **params):
        return self
    def fit(self, x, y):
        if {refuses} and np.isnan(x).any():
            raise ValueError("no NaN here")
        self.mean = np.nanmean(x, axis=0)
        return self
    def predict_proba(self, x):
        p = 1 / (1 + np.exp(-np.where(np.isnan(x), self.mean, x)[:, 0]))
        return np.stack([1 - p, p], axis=1)
    def predict(self, x):
        return self.predict_proba(x).argmax(axis=1)
"""


def scores(path, module, data=(X, Y), **fields):
    study = Study(**{"data": data, "module": module, "sizes": [30, 60], "replicates": 1, **fields})
    return kleiber.run_study(study, path / "k.db").export("study")


@pytest.mark.parametrize(
    "module",
    [
        HistGradientBoostingClassifier(max_iter=5),
        RandomForestClassifier(5),
        IMPUTED,
        GridSearchCV(make_pipeline(KNNImputer(), LogisticRegression()), {"logisticregression__C": [0.1, 1]}),
    ],
    ids=["tags", "forest", "pipeline", "search"],
)
def test_an_estimator_that_takes_missing_values_gets_them(module, tmp_path):
    assert [row["state"] for row in scores(tmp_path, module)] == ["ok", "ok"]


@pytest.mark.parametrize(("package", "name"), [("xgboost", "XGBClassifier"), ("lightgbm", "LGBMClassifier")])
def test_packages_that_take_them_get_them(package, name, tmp_path):
    module = getattr(pytest.importorskip(package), name)
    assert [row["state"] for row in scores(tmp_path, module(n_estimators=5))] == ["ok", "ok"]


def test_an_estimator_without_tags_is_asked_by_a_fit(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN.format(refuses=False))
    rows = scores(tmp_path, f"{file}:Tagless", trainer="sklearn")
    assert [row["state"] for row in rows] == ["ok", "ok"]
    other = tmp_path / "other.py"
    other.write_text(OWN.format(refuses=True))
    with pytest.raises(KleiberError, match=r"and Tagless takes no missing values. Fill them in"):
        scores(tmp_path, f"{other}:Tagless", trainer="sklearn", name="other")


@pytest.mark.parametrize("module", [LogisticRegression(), make_pipeline(LogisticRegression())], ids=["alone", "pipeline"])
def test_others_are_refused_before_anything_runs_even_where_few_values_are_missing(module, tmp_path):
    x = FULL.copy()
    x[7, 2] = np.nan
    said = (
        rf"data: X of train lacks values in 1 of 240 rows, the first in row 7, column 2, and {type(module).__name__} takes "
        "no missing values. Fill them in, leave these rows or columns out, or begin a pipeline with a SimpleImputer"
    )
    with pytest.raises(KleiberError, match=said):
        scores(tmp_path, module, data=(x, Y))
    assert not (tmp_path / "k.db").exists()


@pytest.mark.parametrize("trainer", [{"net": "mlp"}, {"trainer": "kernel"}])
def test_trainers_of_nets_refuse_them(trainer, tmp_path):
    study = Study(data=(X, Y), sizes=[30, 60], replicates=1, **trainer)
    with pytest.raises(KleiberError, match=r"the trainer (torch|kernel) takes no missing values.*trainer = \"sklearn\""):
        kleiber.run_study(study, tmp_path / "k.db")


def test_what_else_is_wrong_with_an_estimator_is_not_laid_to_missing_values(tmp_path):
    broken = make_pipeline(SimpleImputer(), LogisticRegression(C=-1.0))
    with pytest.raises(KleiberError, match=r"the first trial failed.*C.*must be"):
        scores(tmp_path, broken)


def test_learning_curve_takes_them_where_the_estimator_does_and_says_where_they_are_where_not():
    for estimator in (HistGradientBoostingClassifier(max_iter=2), IMPUTED):
        assert np.isfinite(kleiber.learning_curve(estimator, X, Y, sizes=[60], replicates=1).test_scores).all()
    y = FULL[:, 1]
    first = np.argwhere(np.isnan(X))[0]
    said = f"in row {first[0]}, column {first[1]}, and Ridge takes no missing values. Fill them in.*SimpleImputer"
    with pytest.raises(KleiberError, match=f"every fit of Ridge failed, the first at n = 60: .*{said}"):
        kleiber.learning_curve(Ridge(), X, y, sizes=[60, 120])
    few = FULL.copy()
    few[7, 2] = np.nan
    with pytest.warns(UserWarning, match="fits of Ridge failed, .*X lacks values in 1 of 240 rows, the first in row 7"):
        kleiber.learning_curve(Ridge(), few, y, sizes=[10, 60, 120], replicates=5)


@pytest.mark.parametrize(
    "y",
    [np.where(FULL[:, 1] > 2, np.nan, FULL[:, 1]), [None, *Y[1:].tolist()], pd.array([pd.NA, *Y[1:]])],
    ids=["nan", "none", "na"],
)
def test_learning_curve_refuses_missing_targets(y):
    with pytest.raises(KleiberError, match=r"y lacks \d+ of 240 targets, the first at \d+; leave them out"):
        kleiber.learning_curve(HistGradientBoostingRegressor(), X, y)
