"""What another setting would do: the search trials of a study in, the effect of a hyper-parameter at a larger size out."""
