"""Which run to make next: a curve and a budget in, a `NextRun` out."""
