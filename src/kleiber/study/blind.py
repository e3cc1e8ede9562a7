"""What a study chooses by: its measurements without those on the test set, which searches and winners never see."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kleiber.errors import KleiberError
from kleiber.records import Measurement


class Blind(Mapping[str, Measurement]):
    """A view of measurements by trial id in which nothing was measured on the test set."""

    def __init__(self, found: Mapping[str, Measurement]) -> None:
        self._found = found

    def __getitem__(self, trial: str) -> Measurement:
        measurement = self._found[trial]
        return measurement if measurement.test is None else replace(measurement, test=None)

    def __contains__(self, trial: object) -> bool:
        return trial in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def refuse_second_looks(sizes: list[int]) -> None:
    """Raise `KleiberError` that names sizes whose test set would be looked at again; nothing where there are none."""
    if sizes:
        listed = ", ".join(f"{n:,}" for n in sizes)
        raise KleiberError(
            f"the test results at n = {listed} are known, and with another number of trials the search chooses again. "
            "To score what it finds on the same test set, add --allow-test-reuse; the report then shows it. To stay with "
            "what was found, ask for the same number of trials as before"
        )
