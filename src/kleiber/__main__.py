"""`kleiber` and `python -m kleiber` are the command.

A worker imports the script that its driver was started by, so this file brings the command in by the call alone.
"""

from kleiber import plugins


def main() -> None:
    """Run the command, and end with its exit code."""
    plugins.heavy("command.cli").main()


if __name__ == "__main__":
    main()
