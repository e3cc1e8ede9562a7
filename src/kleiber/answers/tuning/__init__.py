"""What the search made of the numbers: the trials of each size in, its luck and what more trials would bring out."""
