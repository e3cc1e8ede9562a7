"""`python -m kleiber` is the command `kleiber`."""

from kleiber.cli import main

main()
