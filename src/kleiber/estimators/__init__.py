"""An estimator and arrays in, scores and times by size with their forecasts out: in scikit-learn's manners."""
