"""How a study was written, so that a message names the line of a key and gives a line that works in its place."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """Where a study stands: a TOML file with its text, a preset (a text without a file), or Python (neither)."""

    file: Path | None = None
    text: str | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written)  # a study is the same however it was written

    def __hash__(self) -> int:
        return hash(Written)

    def line_of(self, place: str, key: str) -> int | None:
        """Give the line on which a key of a section stands, or the table that holds it; None where it is nowhere."""
        section, found = "", None
        for number, line in enumerate((self.text or "").splitlines(), start=1):
            if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
                section = header[1]
                if section in (place, key if not place else f"{place}.{key}"):
                    found = number
            elif section == place and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return number
            elif not section and place and re.match(rf"\s*{re.escape(place)}\s*=", line):
                found = number
        return found

    def has_section(self, place: str) -> bool:
        """Say whether a table has a section of its own: `[data]`."""
        return re.search(rf"(?m)^\s*\[\s*{re.escape(place)}\s*\]", self.text or "") is not None

    def shown(self, path: str) -> str:
        """Give a path as it would be written here: from the study file's folder, where it lies in it."""
        folder = None if self.file is None else self.file.resolve().parent
        return str(Path(path).relative_to(folder)) if folder and Path(path).is_relative_to(folder) else path

    def line(self, key: str, value: Any) -> str:
        """Give the line that says a key in its place: `trials = 20`, or `trials=20` in Python."""
        return f"{_quoted(key)} = {as_toml(value)}" if self.text is not None else f"{key}={value!r}"

    def table(self, place: str, entries: Mapping[str, Any]) -> str:
        """Give a whole table: as a section where it is one here, else on one line."""
        if self.has_section(place):
            return "\n  ".join([f"[{place}]", *(self.line(key, value) for key, value in entries.items())])
        return self.line(place, dict(entries))

    def under(self, place: str, key: str, value: Any) -> str:
        """Give the words that lead to a key's place, and its line there."""
        if self.text is None:
            return f"{place}={{{key!r}: {value!r}}}" if place else self.line(key, value)
        line = self.line(key, value)
        return f"{line}  under [{place}]" if place else f"{line}  above the first [section]"


def as_toml(value: Any) -> str:
    """Write a value as TOML does."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_quoted(str(key))} = {as_toml(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_toml(entry) for entry in value) + "]"
    return str(value)


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def unquoted(text: str, said: str) -> str:
    """Give the line that mends a value whose quotes were forgotten, where that is what a TOML reader complains of."""
    number = re.search(r"at line (\d+)", said)
    line = text.splitlines()[int(number[1]) - 1] if number else ""
    found = re.fullmatch(r"\s*([\w-]+)\s*=\s*([A-Za-z_.~/][^\s\"',{}\[\]]*)\s*(#.*)?", line)
    if found is None:
        return ""
    value = found[2].lower() if found[2] in ("True", "False") else as_toml(found[2])
    return f". Write  {found[1]} = {value}"
