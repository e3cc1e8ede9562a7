"""Where runs become curves: any source of runs in, a `Curve` for each model and metric out."""
