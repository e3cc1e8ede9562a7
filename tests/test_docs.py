"""The documentation holds what it must, and says what the program does; without Sphinx."""

import json
import re
import runpy
import shlex
from pathlib import Path

import pytest
import typer
from dev import check_site, commands_page, quotes

import kleiber
from kleiber.command.cli import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
COMMANDS = typer.main.get_command(app).commands
NAMES = {
    name for block in re.findall(r"autosummary::.*?```", (DOCS / "api.md").read_text(), re.S) for name in block.split()
}


def slug(heading):
    """Give the anchor of a heading, as GitHub and the site make it."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}


def in_toctrees():
    """Give the pages that the toctrees name."""
    for page in PAGES:
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(), re.S):
            yield from (line.strip() for line in tree.splitlines() if line.strip() and not line.startswith(":"))


def test_the_page_of_commands_is_that_of_the_code():
    assert commands_page.PAGE.read_text() == commands_page.page(), "write it anew: python -m dev.commands_page"


def test_the_page_of_commands_has_each_command_and_option():
    page = commands_page.PAGE.read_text()
    for name, command in COMMANDS.items():
        assert f"## `kleiber {name}`" in page
        assert not [
            option for one in command.params for option in one.opts if option[0] == "-" and f"`{option}`" not in page
        ]


def test_each_public_name_is_in_the_reference():
    assert set(kleiber.__all__) - NAMES == set()


def test_each_page_is_in_one_toctree():
    named = [name for name in in_toctrees() if "/" not in name]
    assert sorted(named) == sorted({page.stem for page in PAGES} - {"index"}), (
        "add it to a toctree: guide, reference, evidence"
    )


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_each_link_leads_to_a_file_and_a_heading(page):
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)", page.read_text()):
        there = (page.parent / target) if target else page
        assert there.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}: no such heading"


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_each_command_line_of_a_page_has_options_that_there_are(page):
    for line in quotes.lines_of(page):
        name, *rest = shlex.split(line)[1:]
        if name == "--help":
            continue
        assert name in COMMANDS, line
        known = {option for one in COMMANDS[name].params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
        assert {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)} <= known, line


def test_the_tables_that_one_may_bring_say_what_the_page_says(tmp_path):
    page = DOCS / "table.md"
    said = quotes.run_all(quotes.lines_with_tables(page, tmp_path), tmp_path)
    assert (tmp_path / "report.html").exists()
    assert [quote for quote in quotes.quoted(page) if quote not in said] == []


def test_the_answers_of_the_tutorial_are_those_of_its_runs():
    page = DOCS / "tutorial.md"
    lines = quotes.tutorial_lines(page)
    said = quotes.run_all(lines, DOCS)
    assert len(lines) == 2 and len(quotes.quoted(page)) == 6
    assert [quote for quote in quotes.quoted(page) if quote not in said] == []


def test_the_python_of_the_guide_says_what_the_pages_say():
    for name in ("start", "how-many"):
        page = DOCS / f"{name}.md"
        said = quotes.said_by_python(page)
        told = quotes.quoted(page)
        assert told and [quote for quote in told if quote not in said] == []


def test_the_exports_are_as_the_page_shows_them(capsys):
    text = (DOCS / "exports.md").read_text()
    first, second = quotes.python_of(DOCS / "exports.md")
    space = {}
    exec(compile(first, "exports", "exec"), space)
    content = space["content"]
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.S)]
    forecast = content["curves"][0]["forecast"]
    assert shown[0] == list(content)
    assert json.loads(space["text"]) == content
    for told, real in zip(
        shown[1:4], (forecast["at"][0], forecast["target"]["needed"], content["warnings"][0]), strict=True
    ):
        assert alike(told, real)
    exec(compile(second, "exports", "exec"), {})
    assert capsys.readouterr().out.strip() == re.search(r"```text\n(n,median.*?)```", text, re.S)[1].strip()


def alike(told, real):
    """Say whether two values of JSON are the same, numbers to four digits."""
    if isinstance(told, dict):
        return list(told) == list(real) and all(alike(told[key], real[key]) for key in told)
    if isinstance(told, list):
        return len(told) == len(real) and all(map(alike, told, real))
    return told == pytest.approx(real, rel=1e-4) if isinstance(told, float) else told == real


GALLERY = sorted((DOCS / "gallery").glob("plot_*.py"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("example", GALLERY, ids=lambda path: path.stem)
def test_each_example_of_the_gallery_runs(example, monkeypatch, run_half):
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    matplotlib.use("Agg")
    monkeypatch.syspath_prepend(str(example.parent))
    runpy.run_path(str(example))
    plt = pytest.importorskip("matplotlib.pyplot")
    assert plt.get_fignums()
    plt.close("all")


def test_the_gallery_has_six_examples_and_more():
    assert len(GALLERY) >= 6


def test_a_dead_link_a_missing_anchor_and_a_foreign_script_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="top"></h1><a href="b.html#no">x</a><a href="c.html">y</a><a href="#top">z</a>'
    )
    (tmp_path / "b.html").write_text('<script src="https://example.org/x.js"></script><a href="https://example.org">ok</a>')
    (tmp_path / "x.css").write_text("a { background: url(//example.org/x.png) }")
    assert list(check_site.faults(tmp_path)) == [
        "a.html: b.html#no leads to no place on its page",
        "a.html: c.html leads to no file",
        "b.html loads https://example.org/x.js",
        "x.css loads //example.org/x.png",
    ]
