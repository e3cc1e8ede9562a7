"""What a person types and sees: words of the command line in, printed answers and an exit code out."""
