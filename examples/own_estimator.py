"""Any scikit-learn pipeline, searched and scored at every size.

kleiber run examples/own_estimator.py
"""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import kleiber

study = kleiber.Study(
    name="logistic-on-digits",
    data="digits",
    module=make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    sizes=[40, 80, 160, 320, 640],
    search={"trials": 4, "space": {"logisticregression__C": {"low": 0.01, "high": 10.0, "log": True}}},
)
