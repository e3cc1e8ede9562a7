"""The page in a real browser: nothing runs, nothing is fetched, nothing overflows, names read as they were given."""

import copy

import pytest

from kleiber.report.numbers import shown

KINDS = ["findings", "several", "refused", "hostile"]
READ = "JSON.stringify(JSON.parse(document.getElementById('findings').textContent))"


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched_nothing_complains_and_nothing_overflows(kind, request, opened):
    page = opened(request.getfixturevalue(kind))
    assert len(page.asked) == 1 and page.asked[0].startswith("file:")
    assert page.locator("section").count() >= 4
    assert page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse") == "collapse"
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.said == []


def test_hostile_names_execute_nothing_and_are_shown_as_they_are(hostile, opened):
    page = opened(hostile)
    page.wait_for_timeout(200)
    assert page.evaluate("document.querySelector('title').textContent") == shown(hostile["title"])
    assert page.evaluate(READ)
    assert "owned" not in page.evaluate("Object.keys(window).join()")
    assert page.evaluate("document.querySelectorAll('img, iframe, svg svg, main script:not([type])').length") == 0
    assert page.evaluate("document.querySelector('footer') !== null")
    assert page.evaluate("document.querySelector('h1').textContent") == shown(hostile["title"])
    names = page.evaluate("[...document.querySelectorAll('#s-words tbody th')].map(e => e.textContent)")
    expected = set()
    for curve in hostile["curves"]:
        unit = f", {curve['scale']['unit']}" if curve["scale"]["unit"] else ""
        expected.add(shown(f"{curve['model']} · {curve['metric']}{unit}"))
    assert set(names) == expected and len(names) == len(hostile["curves"])
    titles = page.evaluate("[...document.querySelectorAll('svg.panel title')].map(e => e.textContent)")
    assert any(shown(hostile["curves"][1]["model"]) in title for title in titles)
    assert page.evaluate("document.querySelectorAll('svg.panel script, svg.panel image').length") == 0


def test_the_embedded_data_parse_strictly_with_an_unknown_number(refused, opened):
    refused["curves"][0]["chance"] = float("nan")
    assert '"chance":null' in opened(refused).evaluate(READ)


def test_the_answer_is_on_the_first_screen(findings, opened):
    page = opened(findings)
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for where in (".lead", ".trust"):
            box = page.locator(where).bounding_box()
            assert box["y"] + box["height"] < height


def test_the_page_reads_in_the_dark_and_on_paper(findings, opened):
    page = opened(findings, color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 29)"
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf()[:5] == b"%PDF-"


def test_labels_of_a_panel_do_not_overlap(several, opened):
    crowded = copy.deepcopy(several)
    for curve in crowded["curves"]:
        curve["model"] += " with a rather long name"
    overlaps = """[...document.querySelectorAll('svg.panel')].flatMap(svg => {
        const texts = [...svg.querySelectorAll('text.label, text.tick, text.lane')];
        const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()]);
        return boxes.flatMap(([a, r], i) => boxes.slice(i + 1).filter(([b, s]) =>
            r.left < s.right - 1 && s.left < r.right - 1 && r.top < s.bottom - 5 && s.top < r.bottom - 5
        ).map(([b]) => a + ' | ' + b)); })"""
    page = opened(crowded)
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(overlaps) == []
