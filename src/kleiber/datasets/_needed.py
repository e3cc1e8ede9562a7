"""What an option of the data would settle: an error that carries the options, so that a message can write the line."""

from collections.abc import Mapping
from typing import Any

from kleiber.errors import KleiberError


class OptionNeededError(KleiberError):
    """Data that cannot be read as they are, and the options with each of which they can: `said` is the sentence alone."""

    def __init__(self, said: str, *choices: Mapping[str, Any]):
        self.said, self.choices = said, choices
        options = " or ".join(", ".join(f"{key} = {value!r}" for key, value in choice.items()) for choice in choices)
        super().__init__(f"{said}. Give the data's option {options}")
