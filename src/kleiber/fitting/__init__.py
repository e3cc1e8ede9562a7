"""One law by least squares: sizes, losses and a law in, its parameters with their errors out."""
