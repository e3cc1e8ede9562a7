"""A learning curve of an estimator in one line, with its forecast. Run it: python own_curve.py"""

from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB

import kleiber

if __name__ == "__main__":
    X, y = load_digits(return_X_y=True)
    lc = kleiber.learning_curve(GaussianNB(), X, y, cv=5, sizes=[60, 120, 240, 480, 960])
    print(lc)
    print(lc.forecast())
    low, high = lc.cost().interval(10_000)
    print(f"a fit of 10,000 examples takes {low:.2g} to {high:.2g} s (90 % interval)")
