"""The page: one file, safe, the same each time, and its data in it (checks U01 and U02)."""

import base64
import copy
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from kleiber.errors import KleiberError, MachineError
from kleiber.metric import Metric
from kleiber.report import assets, write_report
from kleiber.report.charts import svg
from kleiber.report.learning import draw_curve
from kleiber.report.markup import island
from kleiber.report.page import Heading, page
from kleiber.report.reading import compact
from kleiber.report.sections import backtest, curve, forecast, method, summary, words

ISLAND = re.compile(r'<script type="application/json" id="findings">(.*?)</script>', re.DOTALL)


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def embedded(html):
    return json.loads(ISLAND.search(html)[1], parse_constant=refuse_constant)


class Found:
    def __init__(self, findings):
        self.findings = findings

    def to_dict(self):
        return self.findings


def test_the_same_findings_give_the_same_bytes(findings, tmp_path):
    first = write_report(findings, tmp_path / "a.html").read_bytes()
    second = write_report(Found(copy.deepcopy(findings)), str(tmp_path / "b.html")).read_bytes()
    assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_report_of_a_few_curves_is_small(findings, several, tmp_path):
    assert write_report(findings, tmp_path / "r.html").stat().st_size < 150_000
    assert write_report(several, tmp_path / "s.html").stat().st_size < 200_000


class Elements(HTMLParser):
    """The elements and attributes of a page, as a browser takes them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes = set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("kind", ["findings", "several", "refused", "hostile"])
def test_the_page_loads_nothing_and_runs_no_script_but_ours(kind, request):
    html = page(request.getfixturevalue(kind))
    assert "https://" not in html and not set(re.findall(r"http://[^\"]+", html)) - {"http://www.w3.org/2000/svg"}
    scripts = re.findall(r"<script(?: type=\"([^\"]*)\"[^>]*)?>(.*?)</script>", html, re.DOTALL)
    ours = [text for kind, text in scripts if kind != "application/json"]
    assert ours == [assets.script("chart.js").text]
    digest = base64.b64encode(hashlib.sha256(ours[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in html and "unsafe" not in html
    found = Elements(html)
    assert not found.tags & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "image",
        "use",
        "foreignobject",
    }
    assert not found.attributes & {"style", "src", "srcset", "action", "formaction", "xlink:href", "background"}
    assert not [name for name in found.attributes if name.startswith("on")]
    assert re.search(
        r"default-src 'none'; script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}'; base-uri 'none'", html
    )
    assert "@import" not in html and "url(" not in html.replace("url(#", "")


@pytest.mark.parametrize("kind", ["findings", "several", "refused"])
def test_the_data_in_the_page_are_the_findings(kind, request):
    findings = request.getfixturevalue(kind)
    assert embedded(page(findings)) == compact(findings)


def test_the_data_in_the_page_have_six_digits():
    assert compact({"a": [1 / 3, 2, None, "x"]}) == {"a": [0.333333, 2, None, "x"]}


def test_the_data_of_hostile_names_come_back_as_they_were(hostile):
    html = page(hostile)
    island = ISLAND.search(html)[1]
    assert embedded(html) == compact(hostile)
    assert not set("<>&\u2028\u2029") & set(island)
    assert island.isascii()


def test_what_is_not_finite_becomes_null(findings):
    findings["curves"][0]["line"] = {"exponent": float("nan"), "rms_log_residual": float("inf")}
    findings["curves"][0]["chance"] = float("-inf")
    data = embedded(page(findings | {"extra": [float("nan")]}))
    assert data["curves"][0]["chance"] is None and data["extra"] == [None]


def test_an_island_cannot_be_left():
    text = island("i", {"a": "</script><!--<script>\u2028&amp;"})
    text = text.removeprefix('<script type="application/json" id="i">').removesuffix("</script>")
    assert json.loads(text) == {"a": "</script><!--<script>\u2028&amp;"}
    assert "<" not in text and "\u2028" not in text


def test_the_first_screen_has_question_verdict_badge_and_chart_and_all_else_is_folded(findings):
    html = page(findings)
    first = html[html.index("<main") : html.index('<details class="fold"')]
    for text in (
        "How many examples",
        "80\u00a0% interval 9,200 to 51,200",
        "Rough forecast",
        "5 of 6 forecasts right",
        "the floor is open",
    ):
        assert text in first
    assert first.count('<svg class="panel"') == 2 and "The floor is not identified" in first
    assert html.count("<section id=") == 1 and html.count("<h2>") == html.count('<details class="fold"') > 4


def test_title_note_date_and_source_stand_above_the_answer(findings):
    head = page(findings, Heading("<b>Ours</b>", "A <note>", "2026-11-29")).partition("<main")[0]
    for text in ("&lt;b&gt;Ours&lt;/b&gt;</h1>", "A &lt;note&gt;", "2026-11-29", "a.db", "<title>&lt;b&gt;Ours"):
        assert text in head
    assert "LeNet on CIFAR-10</h1>" in page(findings)


def test_the_best_curve_comes_first_and_a_refused_one_last(several):
    several["curves"].reverse()
    for curve_ in several["curves"]:
        if curve_["model"] == "lenet":
            curve_["forecast"]["target"]["needed"][1]["n"] = 1e6
    html = page(several)
    assert re.findall(r"<h3>([^<]+)</h3>", str(html))[:3] == [
        f"{model} · test cross-entropy" for model in ("resnet", "lenet", "mlp")
    ]


def test_every_size_asked_for_has_its_number_and_its_grade(findings):
    text = re.sub("<[^>]+>", " ", str(forecast.render(findings)))
    for row in (
        r"12,800\s+1.429\s+1.359 to 1.492 \(90\u00a0%\)\s+firm",
        r"1,000,000\s+1.163\s+0.763 to 1.523 \(90\u00a0%\)\s+guess",
    ):
        assert re.search(row, text), row


def test_at_most_five_sentences_are_not_folded_away_and_the_rest_is_there(findings):
    findings["sentences"] = [f"Sentence {i}." for i in range(8)]
    findings["verdict"]["sentences"] = [f"Verdict {i}." for i in range(8)]
    html = str(summary.render(findings))
    assert html.count("Verdict ") == 4 and html.count("Sentence ") == 0
    assert str(words.render(findings)).count("Sentence ") == 8


def test_a_warning_that_the_badge_does_not_name_stands_in_a_fold(findings):
    findings["trust"]["risk"] = None
    assert "not identified" not in str(summary.render(findings))
    assert "not identified" in page(findings)


def test_fractions_that_are_written_in_percent_are_so_on_the_page(findings):
    curve_ = findings["curves"][0]
    curve_["scale"] = Metric("error", "error", in_percent=True).to_dict()
    text = re.sub("<[^>]+>", " ", page(findings))
    assert re.search(r"12,800\s+142.9\s+135.9 to 149.2", text) and "Forecast error, %" in text
    assert curve_["forecast"]["at"][0]["median"] < 2


def test_sections_stand_in_their_order_and_absent_ones_are_left_out(findings, several):
    def places(html):
        return re.findall(r'<(?:section|details class="fold") id="s-(\w+)"', html)

    assert places(page(findings)) == ["summary", "words", "curve", "forecast", "backtest", "study", "method"]
    assert "study" not in places(page(several))


def test_each_warning_stands_once_beside_what_it_threatens(several):
    def warning(code, cause, model=None):
        metric = "test cross-entropy" if model else None
        return {"code": code, "message": f"Of {code}", "model": model, "metric": metric, "cause": cause, "shown": False}

    several["warnings"] = [
        warning("u-shape", "form", "resnet"),
        warning("import", "reading"),
        warning("rows", "rows"),
        warning("cut-off", "training"),
        warning("own", "other", "lenet"),
    ]
    several["trust"]["risk"] = None
    html = page(several).partition('<script type="application/json" id="findings">')[0]
    assert all(html.count(f"Of {one['code']}") == 1 for one in several["warnings"])
    assert (
        html.index("resnet · test cross-entropy</h3>")
        < html.index("Of u-shape")
        < html.index("lenet · test cross-entropy</h3>")
    )
    assert html.index("Of rows") < html.index("<main") < html.index('id="s-curve"') < html.index("Of import")
    others = html.partition('id="s-warnings"')[2]
    assert "lenet · test cross-entropy: Of own" in others and "Of cut-off" in others
    several["study"] = {"name": "a study"}
    assert "Of cut-off" in page(several).partition('id="s-study"')[2].partition("</details>")[0]


def test_each_figure_has_its_table_and_each_panel_its_title(several):
    html = page(several)
    panels = html.count('<svg class="panel" role="img"')
    assert panels == html.count("<title id=") == 2 * html.count("<desc id=") == 8
    assert html.count("<caption>Measured test cross-entropy</caption>") == 3
    identifiers = re.findall(r' id="([^"]+)"', html)
    assert len(identifiers) == len(set(identifiers))


def test_a_refusal_is_said_with_its_remedy(refused):
    html = page(refused)
    assert "Two sizes cannot tell a power law" in html and "at least one more size" in html


def test_findings_without_anything_still_give_a_page():
    html = page({"schema": "kleiber-findings/2"})
    assert "no learning curve" in html


def test_findings_of_another_schema_are_refused(findings):
    with pytest.raises(KleiberError, match="kleiber-findings/9"):
        page(findings | {"schema": "kleiber-findings/9"})


def test_what_json_cannot_hold_is_named_with_its_place(findings):
    with pytest.raises(KleiberError, match=r"findings\.curves\[1\] is a set"):
        page(findings | {"curves": [findings["curves"][0], {1}]})


def test_a_missing_folder_is_named(findings, tmp_path):
    with pytest.raises(KleiberError, match="nowhere"):
        write_report(findings, tmp_path / "nowhere" / "r.html")
    with pytest.raises(KleiberError, match="is a folder"):
        write_report(findings, tmp_path)


def test_a_failed_write_leaves_the_old_file(findings, tmp_path, monkeypatch):
    path = write_report(findings, tmp_path / "r.html")
    before = path.read_bytes()

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kleiber.report.reading.os.fdopen", full)
    with pytest.raises(MachineError, match="No space left"):
        write_report(findings, path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_the_back_test_says_how_few_sizes_its_forecasts_share(findings):
    said = str(backtest.render(findings))
    assert "5 of 6 measured values lie inside" in said and "There are 6 forecasts of 3 hidden sizes, from 3 cuts." in said
    assert "interval, 2 of 3 for the next size. " in said


def test_a_floor_that_the_data_leave_open_has_no_median(findings):
    row = str(forecast.render(findings)).partition("floor c")[2][:200]
    assert "1.00" not in row and "–" in row and "0.210 to 1.280" in row


def test_regions_stand_in_a_table_and_in_the_strip_by_name_and_depth(findings):
    html = str(curve.render(findings))
    text = re.sub("<[^>]+>", " ", html.partition("The region in which each size lies")[2])
    assert re.search(r"200\s+81\u00a0%\s+17\u00a0%\s+2\u00a0%\s+small data", text)
    strip = str(svg(draw_curve(findings["curves"][0]), "x"))
    assert strip.count('<text class="lane"') == 3 and 'fill-opacity="0.81"' in strip


def test_findings_without_regions_have_neither_strip_nor_table(findings):
    for point in findings["curves"][0]["points"]:
        del point["region"]
    html = str(curve.render(findings))
    assert "lane" not in html and "region" not in html.replace('role="region"', "")


def test_a_refusal_has_its_code(refused):
    assert "<code>too-few-sizes</code>" in str(forecast.render(refused))


def test_a_flat_curve_has_neither_exponent_nor_floor(findings):
    findings["curves"][0]["forecast"]["flat"] = True
    html = str(forecast.render(findings))
    for row in ("exponent b", "floor c"):
        assert "<bdi>–</bdi>" in html.partition(row)[2][:60]
    assert "at no size" not in html


def test_what_the_calibration_was_learnt_from_is_provenance(findings):
    text = re.sub("<[^>]+>", " ", str(method.render(findings)))
    assert re.search(r"calibration: learnt\s+by dev/calibrate\.py", text)
    assert re.search(r"calibration: date\s+2026-11-24", text) and "calibration: without" not in text


def test_curves_side_by_side_say_their_unit(several):
    several["curves"][1]["scale"] = Metric("val_acc", "val_error", True, 100.0, 100.0, "%").to_dict()
    text = re.sub("<[^>]+>", " ", str(words.render(several)))
    assert "resnet · val_acc, %" in text and "lenet · test cross-entropy " in text


def test_a_remark_keeps_a_number_and_its_per_cent_sign_on_one_line(findings):
    findings["warnings"][0]["message"] = "It varies by 23 % (90 % interval 13 to 53 %)."
    assert "23\u00a0% (90\u00a0% interval 13 to 53\u00a0%)" in str(summary.render(findings))
