"""What a person reads keeps to 25 words a sentence: help, pages, messages, and what is said of fixed curves."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import typer

import kleiber
from kleiber.command.cli import app

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "kleiber"
MOST = 25  # words of a sentence; a number and its % are one, and so is what stands in code
RECORDS = {"origin", "reliability", *(page.stem for page in (ROOT / "docs").glob("benchmarks*.md"))}
"""Pages that record measurements, which a user of the command does not need."""
PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")) if page.stem not in RECORDS)]
ARCHAIC = re.compile(r"can(?:not|'t) be told|(?:is|are) told\b|as good as none|goes on from there|against nothing")
N = 200.0 * 2.0 ** np.arange(6)
CURVES = {
    "power": 0.02 + 3.0 * N**-0.4,
    "flat": 0.5 + 0.004 * np.tile([1.0, -1.0], 3),
    "saturated": np.array([0.5, 0.3, 0.18, 0.181, 0.179, 0.18]),
    "u": np.array([0.5, 0.4, 0.3, 0.2, 0.35, 0.5]),
    "branches": np.array([0.5, 0.3, 0.45, 0.35, 0.25, 0.2]),
    "faster": np.array([0.9, 0.88, 0.83, 0.7, 0.5, 0.25]),
    "rising": np.array([0.1, 0.13, 0.17, 0.2, 0.24, 0.28]),
}


def sentences(text):
    """Give the sentences of a text."""
    text = re.sub(r"(\d) %", r"\1%", re.sub(r"`[^`]*`", "code", " ".join(text.split())))
    return re.split(r"(?<=[.!?])\s+(?=[\w(\[*])", text)


def long(text):
    return [sentence for sentence in sentences(text) if len(sentence.split()) > MOST]


def blocks(page):
    """Give the paragraphs, list entries and cells of a page, without code."""
    text = re.sub(r"^```.*?^```", "", page, flags=re.S | re.M)
    for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*>|#]|\d\.) )", text):
        yield from re.split(r"(?<!\\)\|", part) if part.lstrip().startswith("|") else [re.sub(r"^\s*[-*>#] ", "", part)]


def helps(command, name=""):
    """Give each text of the help with the command and the option that it belongs to."""
    yield name, command.help or ""
    yield from ((f"{name} {one.name}", one.help or "") for one in command.params if hasattr(one, "help"))
    for key, inner in getattr(command, "commands", {}).items():
        yield from helps(inner, key)


def messages(source):
    """Give the texts of a module that have punctuation, as a message has; each value in them is one word."""
    tree = ast.parse(source)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    inside |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in (node for node in ast.walk(tree) if id(node) not in inside):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        if all(isinstance(part, ast.FormattedValue) or isinstance(getattr(part, "value", None), str) for part in parts):
            text = "".join(part.value if isinstance(part, ast.Constant) else "x" for part in parts)
            text = re.sub(r"\{%.*?%\}|</?(?!strong|code)\w[^>]*>", "\n\n", re.sub(r"\{\{.*?\}\}", "x", text))  # of a page
            if re.search(r"[.,:;]", text) and not re.match(r"\s*(SELECT|UPDATE|INSERT|DELETE|CREATE)|.*\ndef ", text, re.S):
                yield from text.split("\n\n")


def findings():
    """Give what is said of the curves: alone, compared, as a plan and as a next run."""
    said = []
    for loss in CURVES.values():
        for values in (loss, np.repeat(loss, 2) * np.tile([0.99, 1.01], 6)):
            n = np.repeat(N, len(values) // len(N))
            fc = kleiber.forecast(n, values, metric="error", chance=0.9)
            content = kleiber.analyse(fc.curve, target=0.1, price_per_example=0.1).content
            said += [
                *content["sentences"],
                *content["verdict"]["sentences"],
                *(warning["message"] for warning in content["warnings"]),
            ]
            said += kleiber.plan(fc, value_per_point=2e4, price_per_example=0.5).sentences
            terms = {"months": 6, "cost_per_month": 15_000, "gain": (0.0, 0.3), "deadline": 24}
            said += kleiber.plan(fc, value_per_point=2e4, price_per_example=0.5, **terms).sentences
    for question in ({"question": "largest"}, {"question": "target", "target": 0.1}, {"question": "exponent"}):
        for budget in (10.0, 60_000.0):
            said += kleiber.next_run(kleiber.forecast(N, CURVES["power"]), budget=budget, **question).sentences
    models = {name: (N, CURVES[name]) for name in ("power", "flat", "faster")}
    return [*said, *kleiber.compare(models, target=0.1).sentences]


def test_a_long_sentence_is_found():
    assert long("Short. " + "word " * 25 + "end. Short.") == ["word " * 25 + "end."] and not long("word " * 24 + "90 %.")
    said = 'def f(x):\n    """' + "word, " * 30 + '"""\n    return f"{x}' + " word" * 25 + ', {x} of them"'
    assert [long(text) for text in messages(said)] == [["x" + " word" * 25 + ", x of them"]]


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_of_a_page_is_long(page):
    text = (ROOT / page).read_text()
    assert [sentence for block in blocks(text) for sentence in long(block)] == []
    assert ARCHAIC.findall(text) == []


@pytest.mark.parametrize("folder", sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists()))
def test_no_sentence_of_a_message_is_long(folder):
    said = [text for path in sorted((SOURCE / folder).rglob("*.py")) for text in messages(path.read_text())]
    assert {sentence for text in said for sentence in long(text)} == set()


def test_no_sentence_of_the_help_is_long():
    texts = dict(helps(typer.main.get_command(app)))
    assert len(texts) > 80
    assert {name: long(text) for name, text in texts.items() if long(text) or ARCHAIC.search(text)} == {}


@pytest.mark.filterwarnings("ignore::kleiber.HorizonWarning")
def test_no_sentence_of_a_forecast_is_long():
    said = findings()
    assert len(said) > 100
    assert sorted({sentence for text in said for sentence in long(text)}) == []
    assert [text for text in said if ARCHAIC.search(text)] == []
