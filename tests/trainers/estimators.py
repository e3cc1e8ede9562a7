"""Estimators that a study's `module` names, good ones and broken ones."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def make_model(power=0):
    return make_pipeline(StandardScaler(), LogisticRegression(C=10.0**power))


def raises():
    raise ValueError("no such file weights.bin")


def a_string():
    return "logistic"


class Frequencies(ClassifierMixin, BaseEstimator):
    """Says the frequencies of the classes that it has seen, and the likeliest."""

    def fit(self, x, y):
        self.classes_, counts = np.unique(y, return_counts=True)
        self.p = counts / counts.sum()
        return self

    def predict_proba(self, x):
        return np.tile(self.p, (len(x), 1))

    def predict(self, x):
        return np.full(len(x), self.classes_[self.p.argmax()])


class NoProbability(ClassifierMixin, BaseEstimator):
    def fit(self, x, y):
        self.said = np.bincount(y).argmax()
        return self

    def predict(self, x):
        return np.full(len(x), self.said)


class SaysNothing(Frequencies):
    def predict_proba(self, x):
        return np.full((len(x), len(self.classes_)), np.nan)


class SumsToTwo(Frequencies):
    def predict_proba(self, x):
        return 2 * super().predict_proba(x)


class BelowZero(Frequencies):
    def predict_proba(self, x):
        return super().predict_proba(x) - 0.5


class Leaves(Frequencies):
    """Changes all that a process shares, as some frameworks do."""

    def fit(self, x, y):
        import os
        import random

        import torch

        os.environ["KLEIBER_TEST_LEFT"] = "1"
        os.environ.pop("KLEIBER_TEST_THERE", None)
        random.seed(7)
        np.random.seed(7)  # noqa: NPY002
        torch.manual_seed(7)
        torch.set_num_threads(1 if torch.get_num_threads() != 1 else 2)
        torch.set_default_dtype(torch.float64)
        return super().fit(x, y)


class Draws(Frequencies):
    """Has no random_state, and takes chance from where it can."""

    def fit(self, x, y):
        super().fit(x, y)
        self.p = self.p + np.random.random(len(self.p))  # noqa: NPY002
        self.p /= self.p.sum()
        return self
