"""`python -m kleiber` is the command `kleiber`."""

from kleiber.command.cli import main

main()
