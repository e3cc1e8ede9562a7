"""What kind of estimator one is, by scikit-learn's own account, and which versions of what decide its results."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

import sklearn
from sklearn.base import is_classifier, is_clusterer, is_outlier_detector, is_regressor


def kind_of(estimator: Any) -> str:
    """Say for which task an estimator is; empty where it does not say."""
    try:
        if is_clusterer(estimator) or is_outlier_detector(estimator):
            return "clustering" if is_clusterer(estimator) else "outlier detection"
        return "classification" if is_classifier(estimator) else "regression" if is_regressor(estimator) else ""
    except (AttributeError, TypeError):  # no tags: it follows the manners in part
        return ""


def versions(estimator: Any) -> dict[str, str]:
    """Give the versions of scikit-learn and of the package that the estimator, or one within it, comes from."""
    found = {"scikit-learn": sklearn.__version__}
    values = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    for each in (estimator, *values):
        package = type(each).__module__.partition(".")[0]
        if package in ("xgboost", "lightgbm", "skorch", "catboost"):
            try:
                found[package] = version(package)
            except PackageNotFoundError:  # installed under another name
                found[package] = "?"
    return found
