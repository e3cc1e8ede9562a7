"""The infer half in one call: a source of runs in, everything found of its curves as plain data and sentences out."""
