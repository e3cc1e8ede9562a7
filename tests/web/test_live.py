"""The live page in a real browser: it follows a study to its end, says when its server ends, and runs nothing of a name."""

import json
import subprocess
import textwrap
import time

import pytest
from tests.report.conftest import HOSTILE
from tests.web.conftest import Written
from tests.web.test_serve import RUN, serving

import kleiber
from kleiber.records import Purpose
from kleiber.report.numbers import short, shown

TRAINER = '''
import math, pathlib, time
import kleiber

HERE = pathlib.Path(__file__).parent


@kleiber.trainer
def train(task):
    """Fall towards a power law, and fail on one setting; after its rehearsal begin when somebody looks."""
    while (HERE / "k.db").exists() and not (HERE / "looked-at").exists():
        time.sleep(0.02)
    if task.params["lr"] == 0.3 and task.n == 100 and task.test is None:
        raise RuntimeError("the loss <b>exploded</b>")
    end = 2 * task.n**-0.35 + 0.1 + task.params["lr"] + 0.001 * (task.seed % 5)
    for epoch in range(1, 6):
        loss = end + 2 * math.exp(-epoch)
        task.report(epoch, loss)
        time.sleep(0.04)
    return {"loss": loss, "epochs": 5} | ({"test_loss": loss + 0.01} if task.test is not None else {})


study = kleiber.Study(
    name="followed", data={"source": "blank", "examples": 900}, trainer=train, sizes=[50, 100, 200, 400], replicates=2,
    search={"trials": 4, "space": {"lr": [0.1, 0.2, 0.3]}},
)
'''


def until(page, said, seconds=30.0):
    """Wait until a line of JavaScript is true; the page's policy forbids Playwright's own way."""
    end = time.monotonic() + seconds
    while not page.evaluate(said):
        assert time.monotonic() < end, said
        page.wait_for_timeout(50)


WATCH = """
window.seen = [];
const told = () => window.seen.push(document.getElementById('now-h').textContent);
new MutationObserver(told).observe(document.getElementById('main'), {childList: true, subtree: true});
"""
FOREIGN = "document.querySelectorAll('img, iframe, object, svg svg svg, main script:not([type])').length"
HANDLERS = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on')).length"


@pytest.fixture
def opened(browser):
    """Open the address of a server as a page, with all that it asked for elsewhere and all that it said."""
    contexts = []

    def open_page(process, path="/", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.said, page.elsewhere = [], []
        own = f"http://127.0.0.1:{process.port}/"
        page.on("request", lambda request: request.url.startswith((own, "data:")) or page.elsewhere.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(dialog.message))
        page.goto(f"{own}?token={process.token}")
        assert page.url == own  # the token has left the address
        if path != "/":
            page.goto(own.rstrip("/") + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def followed(tmp_path):
    (tmp_path / "own.py").write_text(textwrap.dedent(TRAINER))
    line = [*RUN, "run", "own.py", "--ledger", "k.db", "--out", "out"]
    return subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_the_page_follows_a_running_study_to_its_end(tmp_path, opened, run_half):
    study = followed(tmp_path)
    end = time.monotonic() + 60
    while not (tmp_path / "k.db").exists():
        assert time.monotonic() < end and study.poll() is None
        time.sleep(0.02)
    with serving("k.db", "--port", "0", cwd=tmp_path) as process:
        page = opened(process)
        page.get_by_role("link", name="followed").click()
        page.wait_for_selector("#now-h")  # a click does not wait for the page that it opens
        page.evaluate(WATCH)
        (tmp_path / "looked-at").touch()
        page.wait_for_selector("#now[data-state='complete'], #now[data-state='not finished']", timeout=60_000)
        assert study.wait(60) == 3  # a trial failed, which its page shows
        page.get_by_text("the loss <b>exploded</b>").first.wait_for()
        seen = page.evaluate("[...new Set(window.seen)]")
        running = [text for text in seen if text.startswith("Running")]
        assert len(running) >= 3, seen
        page.wait_for_selector("#told svg.panel", timeout=60_000)
        until(page, "document.querySelectorAll('#rungs svg.spark').length == 4")
        state = page.locator("#now-h").text_content()
        assert state.endswith("trials measured") and page.title() == "followed"
        assert page.locator("#griefs tr").count() >= 1 and page.locator("#attempts tr").count() == 4 * (4 + 2)
        page.locator("#training figure .tools").wait_for()
        process.send_signal(2)
        page.get_by_text("the server has ended: this is its last word").wait_for(timeout=5000)
        assert page.locator("#now-h").text_content() == state
        assert page.said == [] and page.elsewhere == []


GROWS = '''
import pathlib, time
import kleiber

HERE = pathlib.Path(__file__).parent


@kleiber.trainer
def train(task):
    """Report epoch by epoch, and at the largest size only what the test has asked for."""
    for epoch in range(1, 7):
        while task.n == 200 and task.test is None and (HERE / "k.db").exists() and not (HERE / f"epoch-{epoch}").exists():
            time.sleep(0.02)
        loss = 2 * task.n**-0.35 + task.params["lr"] + 1 / epoch
        task.report(epoch, loss, train_loss=loss / 2)
    return {"loss": loss} | ({"test_loss": loss} if task.test is not None else {})


study = kleiber.Study(
    name="grows", data={"source": "blank", "examples": 900}, trainer=train, sizes=[50, 100, 200], replicates=1,
    search={"trials": 1, "space": {"lr": [0.1]}},
)
'''
PATHS = "all => all.map(e => e.getAttribute('d'))"
EPOCHS = "[...document.querySelectorAll('#attempts tr.running td:nth-child(7)')].map(e => e.textContent).join()"


def test_the_curve_of_a_running_trial_grows_as_it_reports(tmp_path, opened):
    (tmp_path / "own.py").write_text(textwrap.dedent(GROWS))
    line = [*RUN, "run", "own.py", "--ledger", "k.db", "--out", "out", "--executor", "local"]
    study = subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while not (tmp_path / "k.db").exists():
            assert time.monotonic() < end and study.poll() is None
            time.sleep(0.02)
        with serving("k.db", "--port", "0", cwd=tmp_path) as process:
            page = opened(process)
            page.get_by_role("link", name="grows").click()
            page.wait_for_selector("#attempts tr.running", timeout=60_000)
            drawn = []
            for epoch in (1, 2, 3, 4):
                (tmp_path / f"epoch-{epoch}").touch()
                until(page, f"{EPOCHS} === '{epoch}'", 60)
                drawn.append(page.locator("#rung-200 svg.spark path").evaluate_all(PATHS))
            assert len({str(paths) for paths in drawn}) >= 3, drawn  # a line begins with its second epoch
            until(page, "document.querySelector('#training figcaption').textContent.includes('still run')")
            assert "training loss" in page.locator("#training").text_content()
            for epoch in (5, 6):
                (tmp_path / f"epoch-{epoch}").touch()
            page.wait_for_selector("#now[data-state='complete']", timeout=60_000)
            until(page, f"{EPOCHS} === ''")
            assert page.locator("#rung-200 svg.spark").get_attribute("aria-label").find("up to epoch 6") > 0
            assert study.wait(120) == 0 and page.said == [] and page.elsewhere == []
    finally:
        study.kill()
        study.wait()


def test_a_fold_stays_open_and_a_choice_chosen_when_news_comes(tmp_path, opened):
    path = tmp_path / "k.db"
    with Written(path, "one") as written:
        written.whole()
    with Written(path, "two") as written:
        written.size(100)
        written.size(200)
        written.size(400)
        with serving(path, "--port", "0", cwd=tmp_path) as process:
            page = opened(process)
            page.get_by_label("compare one").check()
            written.search(800, 0)
            until(page, "document.body.textContent.includes('16 of 20')")
            assert page.get_by_label("compare one").is_checked()
            page.get_by_label("compare two").check()
            page.get_by_role("button", name="Compare").click()
            page.wait_for_url("**/compare*")
            page.wait_for_selector("#told svg.panel", timeout=30_000)
            page.goto(page.url.partition("/compare")[0] + "/study/2")
            page.wait_for_selector("#told details", timeout=30_000)
            fold = page.locator("#told details").first
            fold.locator("summary").first.click()
            before, name = (
                page.locator("#forecast time").get_attribute("data-at"),
                fold.locator("summary").first.text_content(),
            )
            named = f"one => one.querySelector('summary').textContent === {json.dumps(name)}"
            for number in (1, 2):
                written.search(800, number, params={"lr": 0.1 * (number + 1)})
            written.book.write_winner(800, 3, written.trial(Purpose.SEARCH, 800, 0, params={"lr": 0.1}).id, [])
            written.score(800, 1, {"lr": 0.1})
            until(page, f"document.querySelector('#forecast time').dataset.at !== '{before}'")
            # "What if" stands before it once the study has ended, and may be missing before
            until(page, f"[...document.querySelectorAll('#told details')].find({named})?.open === true")
            assert page.said == [] and page.elsewhere == []


def test_a_study_that_has_ended_answers_anew_as_the_library_does(tmp_path, opened):
    with Written(tmp_path / "k.db") as written:
        written.whole()
    need = kleiber.need(kleiber.forecast(tmp_path / "k.db"), 0.3)
    with serving("k.db", "--port", "0", cwd=tmp_path) as process:
        page = opened(process, "/study/1")
        page.locator("#s-what_if > summary").click(timeout=60_000)
        page.locator('#what-if [name="target"]').fill("0.3")
        until(page, "document.querySelector('[data-out=need]').textContent.includes('0.3 takes ')")
        told = page.evaluate("({...document.querySelector('[data-out=need]').dataset})")
        for name, probability in (("low", 0.05), ("n", 0.5), ("high", 0.95)):
            assert float(told[name]) == pytest.approx(need.size(probability), rel=0.01), name
        assert page.said == [] and page.elsewhere == []


def test_a_study_that_runs_has_no_controls(tmp_path, opened):
    with Written(tmp_path / "k.db") as written:
        for n in (100, 200, 400):
            written.size(n)
        written.start(Purpose.SEARCH, 800, 0)
        with serving("k.db", "--port", "0", cwd=tmp_path) as process:
            page = opened(process, "/study/1")
            page.wait_for_selector("#told svg.panel", timeout=60_000)
            assert page.locator("#what-if").count() == 0 and page.said == []


def test_a_lost_connection_is_said_and_found_again(tmp_path, opened, ledger):
    with serving(ledger, "--port", "0", cwd=tmp_path) as process:
        page = opened(process, "/study/1")
        page.wait_for_selector("#told svg.panel", timeout=30_000)
        process.kill()
        process.wait()
        page.wait_for_selector("#link[data-state='lost'], #link[data-state='ended']")
        assert page.locator("#now-h").text_content() == "Complete: 20 of 20 trials measured"


def test_hostile_names_execute_nothing_and_read_as_they_are(hostile, opened):
    evil = shown("".join(HOSTILE).replace("\ud800", ""))
    with serving(hostile, "--port", "0", cwd=hostile.parent) as process:
        page = opened(process)
        assert page.locator("#studies a").text_content() == evil
        page.goto(page.url + "study/1")
        page.wait_for_selector("#told svg.panel", timeout=30_000)
        page.wait_for_selector("#training svg.panel")
        page.wait_for_timeout(300)
        assert page.locator("h1").text_content() == evil
        assert short(evil, 100).rstrip("…") in page.locator("#griefs .reason").first.text_content()
        link = page.locator("#griefs a").first.get_attribute("href")
        for path in ("/study/1", link):
            page.goto(page.url.partition("/study")[0] + path)
            page.wait_for_timeout(300)
            assert "owned" not in page.evaluate("Object.keys(window).join()") and page.title() != "owned"
            assert page.evaluate(FOREIGN) == 0 and page.evaluate(HANDLERS) == 0
        assert page.locator(".message").text_content() == evil
        assert page.said == [] and page.elsewhere == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_axe_finds_nothing_serious(ledger, opened, scheme, axe):
    with serving(ledger, "--port", "0", "--price-per-hour", "4", cwd=ledger.parent) as process:
        for path in ("/", "/study/1", "/study/2", "/study/1/attempt/1"):
            page = opened(process, path, color_scheme=scheme)
            if path == "/study/1":
                page.wait_for_selector("#told svg.panel", timeout=30_000)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 844})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert axe(page) == []
            assert page.said == []
