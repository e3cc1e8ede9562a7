"""What parts of the examples gain, a class or a source: their curves in, which gains most from more data out."""
