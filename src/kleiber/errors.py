"""What can go wrong, in three kinds.

A mistake of the user raises `KleiberError` at the border, naming the item and the remedy; a fault of the machine raises
`MachineError`; a forecast that the data cannot carry is data, and raises `Refused` only when a number is asked of it.
"""


class KleiberError(Exception):
    """A mistake in the input: names the item, its place and the remedy. The command exits with 2."""


class MachineError(Exception):
    """The machine stopped the work (disk full, no permission, ledger damaged or locked). The command exits with 4."""


class Refused(Exception):  # noqa: N818  (a refusal is an answer, not a defect)
    """A number was asked of a forecast that the data cannot carry: says why, and what would help."""
