"""What every section of the report promises; a new file in the folder is taken up here unasked."""

import pytest
from markupsafe import Markup

from kleiber import plugins
from kleiber.metric import Metric

KIND = "report.sections"
EMPTY = {"schema": "kleiber-findings/2", "title": "", "study": None, "curves": [], "warnings": [], "sentences": []}
EMPTY |= {"provenance": {}}


def curve() -> dict:
    """A curve with one size, measured once, and a refused forecast: the least that a curve can be."""
    point = {"n": 10, "mean": 0.5, "low": 0.5, "high": 0.5, "sd": None, "count": 1, "values": [0.5]}
    forecast = {"status": "refused", "reason": "One size.", "help": None, "warnings": [], "laws": [], "exponent": None}
    forecast |= {"floor": None, "horizon": None, "largest": None, "band": None, "at": [], "target": None}
    return {
        "model": "<b>m</b>", "metric": "<i>e</i>", "scale": Metric.of_loss("<i>e</i>").to_dict(), "chance": None,
        "points": [point], "forecast": forecast, "line": None, "backtest": [],
    }  # fmt: skip


@pytest.fixture(params=plugins.names(KIND))
def section(request):
    return plugins.load(KIND, request.param)


def test_the_folder_has_the_sections_of_the_first_report():
    expected = {"summary", "curve", "forecast", "backtest", "study", "warnings", "method", "words", "beside"}
    assert expected <= set(plugins.names(KIND))


def test_a_section_declares_its_place_and_its_title(section):
    assert isinstance(section.ORDER, int)
    assert isinstance(section.TITLE, str) and section.TITLE
    assert (section.__doc__ or "").strip()


def test_no_two_sections_have_one_place():
    orders = [plugins.load(KIND, name).ORDER for name in plugins.names(KIND)]
    assert len(orders) == len(set(orders))


def test_a_section_without_its_findings_gives_nothing_or_a_plain_sentence(section):
    for findings in (EMPTY, {"schema": EMPTY["schema"]}):
        body = section.render(findings)
        assert isinstance(body, Markup)
        if section.ORDER > 10:
            assert body == ""


def test_a_section_bears_the_least_curve_and_escapes_its_names(section):
    body = section.render(EMPTY | {"curves": [curve()]})
    assert isinstance(body, Markup)
    assert "<b>m</b>" not in body and "<i>e</i>" not in body


def test_a_section_changes_no_finding_and_says_the_same_twice(section):
    findings = EMPTY | {"curves": [curve(), curve()]}
    before = repr(findings)
    assert section.render(findings) == section.render(findings)
    assert repr(findings) == before
