"""What is trained on the features of a frozen backbone: estimators of scikit-learn."""

from typing import Any

from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def logistic(C: float = 0.01) -> Any:
    """Give a logistic regression on standardised features; C is the inverse of its penalty."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000))


def ridge(alpha: float = 100.0) -> Any:
    """Give a ridge regression on standardised features; alpha is its penalty."""
    return make_pipeline(StandardScaler(), Ridge(alpha=alpha))


def mlp(width: int = 64, alpha: float = 1.0) -> Any:
    """Give a net of one hidden layer on standardised features, for classes; alpha is its penalty."""
    return make_pipeline(StandardScaler(), MLPClassifier((width,), alpha=alpha, max_iter=200))


def mlp_regressor(width: int = 64, alpha: float = 1.0) -> Any:
    """Give a net of one hidden layer on standardised features, for numbers; alpha is its penalty."""
    return make_pipeline(StandardScaler(), MLPRegressor((width,), alpha=alpha, max_iter=200))
