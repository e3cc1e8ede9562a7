"""Write the quoted answers of the documentation's pages anew: `python -m dev.quotes`, half a minute.

A page quotes what its own command lines, or its own Python, say. Where the program says the same with other numbers or
grades, the quote follows; where it says something else, that is told, and somebody has to look.
"""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 124
BLOCK = re.compile(r"(?:^> .*\n)+", re.M)
WORD = r"(?:firm|rough|guess|more|less|lower|higher)"
NUMBER = r"-?\d(?:[\d,.]*\d)?"
LOOSE = re.compile(rf"\b{WORD}\b|(?:\b(?:under|over) )?{NUMBER}")
VARIES = rf"(?:{WORD}|(?:under |over )?{NUMBER})"


def lines_of(page: Path) -> Iterator[str]:
    """Give the command lines of a page, those that are continued as one."""
    for block in re.findall(r"```\w*\n(.*?)```", page.read_text(), re.S):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("kleiber ") and "COMMAND" not in line:
                yield line.partition("  #")[0]


def joined(block: str) -> str:
    """Give a quote as one line."""
    return " ".join(block.replace("> ", "").split())


def quoted(page: Path) -> list[str]:
    """Give the answers that a page quotes."""
    return [joined(block) for block in BLOCK.findall(page.read_text())]


def python_of(page: Path) -> list[str]:
    """Give the blocks of Python of a page."""
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.S)


def run_all(lines: Iterable[str], folder: Path) -> str:
    """Run command lines in a folder, and give all that they say as one line."""
    said = ""
    for line in lines:
        words = [sys.executable, "-m", "kleiber", *shlex.split(line)[1:]]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode not in (0, 2):
            raise RuntimeError(f"{line}: {done.stderr}")
        said += done.stdout + done.stderr
    return " ".join(said.split())


def said_by_python(page: Path) -> str:
    """Run the Python of a page, and give what it prints as one line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for block in python_of(page):
            exec(compile(block, page.stem, "exec"), {})
    return " ".join(said.getvalue().split())


def lines_with_tables(page: Path, folder: Path) -> list[str]:
    """Write the tables that a page shows into a folder, and give the lines that read them."""
    for name, text in re.findall(r"^`([\w.]+)`:\n\n```\n(.*?)```", page.read_text(), re.S | re.M):
        (folder / name).write_text(text)
    return [*lines_of(page), "kleiber forecast runs.csv --target 90%"]


def tutorial_lines(page: Path) -> list[str]:
    """Give the lines of the tutorial that read its ledger, of which the repository has the table."""
    return [line.replace("kleiber.db", "tutorial.csv") for line in lines_of(page) if "kleiber.db" in line]


def followed(quote: str, said: str) -> str | None:
    """Give a quote as the program says it now; None where it says something else."""
    if quote in said:
        return quote
    parts = LOOSE.split(quote)
    found = re.search(VARIES.join(map(re.escape, parts)), said)
    return found[0] if found else None


def renew(page: Path, said: str) -> None:
    """Write the quotes of a page anew, and tell those that have no counterpart."""

    def one(match: re.Match[str]) -> str:
        quote = joined(match[0])
        now = followed(quote, said)
        if now is None:
            print(f"{page.name}: look at it yourself: {quote}")
        if now is None or now == quote:
            return match[0]
        print(f"{page.name}: {now}")
        lines = textwrap.wrap(now, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
        return "".join(f"> {line}\n" for line in lines)

    page.write_text(BLOCK.sub(one, page.read_text()))


def renew_exports(page: Path) -> None:
    """Write the numbers of the exports' page anew: its JSON by its first block of Python, its text by the second."""
    text, space = page.read_text(), {}
    first, second = python_of(page)
    exec(compile(first, page.stem, "exec"), space)
    forecast = space["content"]["curves"][0]["forecast"]
    shown = re.findall(r"```json\n(.*?)```", text, re.S)
    for old, now in zip(shown[1:3], (forecast["at"][0], forecast["target"]["needed"]), strict=True):
        text = text.replace(old, numbers(old, now))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(second, page.stem, "exec"), {})
    text = re.sub(r"(```text\n)n,median.*?```", lambda match: f"{match[1]}{said.getvalue().strip()}\n```", text, flags=re.S)
    page.write_text(text)


def numbers(old: str, now: object) -> str:
    """Give a block of JSON with each number and word of today, in the layout that it had."""
    fresh = iter(re.findall(r'(?<=: )(?:[-\d.e+]+|"[^"]*"|null|true|false)', json.dumps(rounded(now))))
    return re.sub(r'(?<=: )(?:[-\d.e+]+|"[^"]*"|null|true|false)', lambda _: next(fresh), old)


def rounded(value: object) -> object:
    """Give a value with its numbers to five digits."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


def main() -> None:
    """Renew the pages one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        table = DOCS / "table.md"
        renew(table, run_all(lines_with_tables(table, Path(folder)), Path(folder)))
    renew(DOCS / "tutorial.md", run_all(tutorial_lines(DOCS / "tutorial.md"), DOCS))
    renew(DOCS / "decide.md", run_all(lines_of(DOCS / "decide.md"), DOCS))
    for name in ("start", "how-many"):
        renew(DOCS / f"{name}.md", said_by_python(DOCS / f"{name}.md"))
    renew_exports(DOCS / "exports.md")


if __name__ == "__main__":
    main()
