"""Studies written by real trackers and frameworks, and read by kleiber: each n, seed and value exact (`make formats`)."""
