"""The figure for a paper: the same description, drawn by matplotlib."""

import pytest

from kleiber.errors import KleiberError
from kleiber.report import figure, write_figure
from kleiber.report.learning import draw_curve

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed, so no figure is drawn")
matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_the_same_findings_give_the_same_bytes(findings, tmp_path, name, start):
    first = write_figure(findings, tmp_path / name).read_bytes()
    assert first.startswith(start)
    assert write_figure(findings, tmp_path / f"again-{name}").read_bytes() == first


@pytest.mark.parametrize("kind", ["several", "refused", "hostile"])
def test_any_findings_have_a_figure(kind, request, tmp_path):
    svg = write_figure(request.getfixturevalue(kind), tmp_path / "curve.svg").read_text("utf-8")
    assert "<script" not in svg and "onerror" not in svg.replace("&lt;", "").split("<!--")[0]
    assert pyplot.get_fignums() == []


def test_axes_are_taken_and_given_back(findings):
    _, ax = pyplot.subplots()
    assert figure(findings["curves"][0], ax) is ax
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    pyplot.close("all")


def test_new_axes_are_made_where_none_are_given(findings):
    ax = figure(findings["curves"][0], log=False)
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")
    pyplot.close("all")


def test_paper_and_page_show_the_same_range_and_ticks(findings):
    panel = draw_curve(findings["curves"][0]).panels[0]
    ax = figure(findings["curves"][0])
    assert ax.get_xlim() == pytest.approx((panel.x.low, panel.x.high))
    assert ax.get_ylim() == pytest.approx((panel.y.low, panel.y.high))
    assert [t.get_text() for t in ax.get_xticklabels()] == [tick.label for tick in panel.x.ticks if tick.label]
    named = {label.text for label in panel.labels} | {lane.text for lane in panel.lanes}
    assert {text.get_text() for text in ax.texts} == named
    shades = [cell.get_alpha() for cell in ax.patches if cell.get_alpha() != 0.05]
    assert shades == [share for lane in panel.lanes for share in lane.share]
    pyplot.close("all")


def test_a_name_is_never_mathematics(findings):
    findings["curves"][0]["scale"]["name"] = "$\\frac{1$"
    ax = figure(findings["curves"][0])
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left").startswith("$\\frac{1$")
    pyplot.close("all")


def test_a_figure_of_an_unknown_kind_or_of_nothing_is_refused(findings, tmp_path):
    with pytest.raises(KleiberError, match="png, svg, pdf"):
        write_figure(findings, tmp_path / "curve.gif")
    with pytest.raises(KleiberError, match="no curve"):
        write_figure(findings | {"curves": []}, tmp_path / "curve.png")


def test_a_missing_matplotlib_is_said_with_its_remedy(findings, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "kleiber.report.paper", raising=False)
    with pytest.raises(KleiberError, match=r"kleiber\[plot\]"):
        write_figure(findings, tmp_path / "curve.png")
