"""What a reader sees and does, in a real browser: the first screen, values, downloads, print, and reading by ear."""

import copy
import csv
import io
import json
import re
import time
import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from tests.report.conftest import HOSTILE
from tests.report.pages import made

from kleiber import analyse
from kleiber.report import write_report
from kleiber.report.figures import round_

NAMES = ["demo", "three", "plan"]
SCREENS = {(1280, 900): 900, (390, 844): 1266}
"""How far down verdict, badge and chart may reach: one screen, and on a phone one and a half."""


def bottom(page, where):
    box = page.locator(where).first.bounding_box()
    assert box and box["height"] > 0 and box["width"] > 0, where
    return box["y"] + box["height"]


def inked(page, where):
    """Give the share of an element's pixels that are not paper."""
    image = pytest.importorskip("PIL.Image")
    picture = image.open(io.BytesIO(page.locator(where).first.screenshot())).convert("L")
    counts = picture.histogram()
    return 1 - max(counts) / sum(counts)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", NAMES)
def test_question_verdict_badge_and_chart_are_on_the_first_screen(name, screen, opened):
    page = opened(made(name), viewport=dict(zip(("width", "height"), screen, strict=True)))
    for where in (".question", ".lead", ".trust", "#first .panels"):
        assert bottom(page, where) <= SCREENS[screen], where
        assert inked(page, where) > 0.01, where
    assert page.evaluate("document.documentElement.scrollWidth") <= screen[0]
    words = page.locator("#s-summary > p").all_inner_texts()
    sentences = [one for text in words for one in re.split(r"(?<=[.!?])\\s+", text.strip()) if one]
    assert len(sentences) <= 5 + 1  # and the question
    assert page.locator(".fold[open]").count() == (name == "plan")  # the decision that was asked for


def test_without_scripts_the_page_is_whole(opened):
    page = opened(made("three"), java_script_enabled=False)
    assert page.locator("#first svg.panel").count() == 2 and page.locator("button").count() == 0
    page.locator(".fold:not([open]) > summary").first.click()
    assert page.locator(".fold[open] > section").first.is_visible()
    assert page.said == []


def values_of(page, figure):
    values = json.loads(page.locator(f"#{figure}-values").text_content())
    return values | {"rows": [[who, what, *row] for who, what, _, rows in values["groups"] for row in rows]}


def shown_of(value, digits):
    return f"{value:,.{digits}f}".replace("-", "\u2212")


def test_hover_focus_and_touch_give_the_values_of_the_findings(opened):
    found = made("demo")
    page = opened(found, has_touch=True)
    values = values_of(page, "first")
    means = [point["mean"] for point in found["curves"][0]["points"]]
    marks = page.locator("svg.panel").first.locator(".mark.measured")
    tip = page.locator("#first .tip")
    for mark, mean, point in zip(marks.all(), means, found["curves"][0]["points"], strict=True):
        box = mark.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        text = tip.inner_text()
        assert f"{point['n']:,}" in text and f": {shown_of(mean, values['digits'])}" in text
    page.mouse.move(5, 5)
    assert tip.is_hidden()
    page.locator("svg.panel").first.focus()
    page.keyboard.press("End")
    last = max((row for row in values["rows"]), key=lambda row: row[2])
    assert f"{last[2]:,.0f}" in tip.inner_text() and shown_of(last[3], values["digits"]) in tip.inner_text()
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    box = marks.nth(2).bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert shown_of(means[2], values["digits"]) in tip.inner_text()
    assert page.said == [] and len(page.asked) == 1


def test_the_legend_switches_a_curve_off_and_on_and_its_values_with_it(opened):
    page = opened(made("three"))
    first = page.locator(".key").first
    name = first.inner_text().strip()
    parts = page.locator("svg.panel").first.locator("[data-s=k0]")
    assert parts.first.is_visible() and first.get_attribute("aria-pressed") == "true"
    first.click()
    assert all(not part.is_visible() for part in parts.all()) and first.get_attribute("aria-pressed") == "false"
    page.locator("svg.panel").first.focus()
    told = set()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
        told.add(page.locator("#first .tip b").inner_text())
    assert name not in told and told
    first.click()
    assert parts.first.is_visible()


def download(page, text):
    with page.expect_download() as waited:
        page.get_by_role("button", name=text).first.click()
    return waited.value.suggested_filename, Path(waited.value.path()).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_each_chart_gives_its_data_and_its_picture(name, opened):
    page = opened(made(name))
    assert page.locator("figure.chart").count() == page.locator(".tools").count()
    values = values_of(page, "first")
    file, text = download(page, "Data (CSV)")
    head, *rows = csv.reader(io.StringIO(text))
    assert file.endswith(".csv") and head == values["columns"] and len(rows) == len(values["rows"])
    for row, given in zip(rows, values["rows"], strict=True):
        assert float(row[2]) == given[2] and float(row[3]) == given[3]
    file, text = download(page, "Picture (SVG)")
    root = ET.fromstring(text)
    assert file.endswith(".svg") and len(root.findall("{http://www.w3.org/2000/svg}svg")) > 2
    assert not [
        e for e in root.iter() if e.tag.endswith(("script", "foreignObject")) or any(a.startswith("on") for a in e.attrib)
    ]
    assert "style=" not in text and "var(" not in text


def test_the_values_are_the_findings_to_six_digits(opened):
    found = made("three")
    rows = {(row[0], row[2], row[3]) for row in values_of(opened(found), "first")["rows"]}
    for curve in found["curves"]:
        band = curve["forecast"]["band"]
        expected = {(curve["model"], point["n"], round_(point["mean"])) for point in curve["points"]}
        expected |= {(curve["model"], round_(n), round_(v)) for n, v in zip(band["n"], band["median"], strict=True)}
        assert expected <= rows


FORMULAS = ("=1+1", "+1", "@SUM(A1)", "-1+cmd|' /C calc'!A0", "\tx")


def test_a_csv_holds_no_formula_and_keeps_negative_numbers(opened, several):
    several["comparisons"] = []
    for curve, name in zip(several["curves"], FORMULAS, strict=False):
        curve |= {"model": name, "scale": curve["scale"] | {"name": FORMULAS[3], "unit": ""}, "unit_of_n": FORMULAS[4]}
        curve["points"][0] |= {"mean": -0.5, "low": -0.6, "high": -0.4}
    _, text = download(opened(several), "Data (CSV)")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert {"'" + name for name in FORMULAS[:4]} <= set(cells)
    assert not [cell for cell in cells if cell and cell[0] in "=+@\t"]
    assert {cell for cell in cells if cell[:1] == "-"} == {"-0.5", "-0.6", "-0.4"}


def test_hostile_names_stay_inert_in_values_downloads_title_and_note(hostile, opened):
    evil = hostile["title"]
    page = opened(hostile, {"title": evil, "note": evil, "date": evil})
    for summary in page.locator(".fold > summary").all():
        summary.click()
    page.locator("svg.panel").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#first .tip b").text_content() in [row[0] for row in values_of(page, "first")["rows"]]
    for figure in page.locator("figure.chart").all()[:2]:
        for key in figure.locator(".key").all():
            key.click()
            key.click()
    _, table = download(page, "Data (CSV)")
    assert any("<svg/onload" in cell or "</script>" in cell for row in csv.reader(io.StringIO(table)) for cell in row)
    _, picture = download(page, "Picture (SVG)")
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture).iter()}
    assert not tags & {"script", "img", "image", "foreignObject", "a", "iframe"}
    page.goto("data:text/html,<title>neutral</title>")
    viewer = page.context.new_page()
    viewer.set_content(picture)
    viewer.wait_for_timeout(100)
    assert viewer.title() != "owned" and page.said == []


def test_a_source_whose_names_attack_gives_an_inert_page(opened, tmp_path):
    rows = [
        {"model": name, "n": n, "seed": seed, "val_acc": 100 - 40 * (n / 100) ** -b - 0.1 * seed}
        for name, b in zip(HOSTILE[:3], (0.5, 0.4, 0.3), strict=True)
        for n in (100, 200, 400, 800, 1600)
        for seed in range(2)
    ]
    path = tmp_path / "<img src=x onerror=document.title='owned'>.csv"
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    page = opened(analyse(path, target="95%").to_dict(), {"title": HOSTILE[0], "note": HOSTILE[2]})
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    page.wait_for_timeout(100)
    assert page.title() == HOSTILE[0] and page.said == [] and len(page.asked) == 1
    assert HOSTILE[0] in page.locator(".lead").inner_text() and path.name in page.locator(".meta").first.inner_text()
    assert page.locator("img, iframe, object, form").count() == 0


@pytest.mark.parametrize(("name", "scripts"), [("demo", False), ("three", True)])
def test_print_has_every_figure_and_every_fold(name, scripts, opened):
    pypdf = pytest.importorskip("pypdf")
    page = opened(made(name), java_script_enabled=scripts)
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf())).pages
    text = " ".join(unicodedata.normalize("NFKC", " ".join(sheet.extract_text() for sheet in sheets)).split())
    for caption in page.locator("caption").all_text_contents() + page.locator(".fold h2").all_text_contents():
        assert unicodedata.normalize("NFKC", caption) in text, caption
    panels = page.locator("svg.panel").all_text_contents()
    assert text.count("log scale") == sum(panel.count("log scale") for panel in panels) > 0
    assert page.locator("figure.chart").count() > 0 and "Data (CSV)" not in text


@pytest.mark.parametrize(("name", "scheme"), [("demo", "light"), ("three", "dark"), ("plan", "light")])
def test_axe_finds_no_serious_violation(name, scheme, opened):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(made(name), color_scheme=scheme)
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []


def test_a_page_of_twenty_models_and_ten_thousand_trials_is_small_and_quick(opened, tmp_path):
    big = copy.deepcopy(made("demo"))
    big["curves"] = [copy.deepcopy(big["curves"][0]) | {"model": f"model-{i:02d}"} for i in range(20)]
    losses = np.random.default_rng(0).lognormal(size=(10, 1000)).tolist()
    big["study"]["searches"] = [
        {"n": 100 * (i + 1), "metric": "loss", "losses": row, "until": None} for i, row in enumerate(losses)
    ]
    start = time.perf_counter()
    path = write_report(big, tmp_path / "big.html")
    assert time.perf_counter() - start < 5
    assert path.stat().st_size < 1_000_000
    page = opened(big)
    painted = """async () => {
        let found;
        while (!(found = performance.getEntriesByName('first-contentful-paint')[0]))
            await new Promise(requestAnimationFrame);
        return found.startTime;
    }"""
    assert page.evaluate(painted) < 1000


def test_a_table_that_is_cut_says_so_and_is_a_stop_of_the_keyboard(opened):
    page = opened(made("demo"), viewport={"width": 390, "height": 844})
    page.locator("#s-curve > summary").click()
    frame = page.locator("#s-curve .wide.cut").first
    frame.wait_for()
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth") and frame.get_attribute("tabindex") == "0"
    assert "scroll for more" in frame.evaluate("frame => getComputedStyle(frame, '::before').content")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("#s-curve .wide.cut").first.wait_for(state="detached")
    assert page.locator("#s-curve .wide[tabindex]").count() == 0 and page.said == []


def test_the_badge_names_the_model_that_it_is_about(opened):
    badge = opened(made("three")).locator(".trust .grade").inner_text()
    assert badge == f"Firm forecast of {made('three')['verdict']['model']}"
    assert opened(made("demo")).locator(".trust .grade").inner_text() == "Rough forecast"


@pytest.mark.parametrize("name", ["demo", "plan"])
def test_a_page_of_one_curve_is_small(name, tmp_path):
    assert write_report(made(name), tmp_path / "report.html").stat().st_size < 150_000
