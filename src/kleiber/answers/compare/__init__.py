"""Which model is better where: the forecasts of two or more models in, a `Comparison` out."""
