"""What tests of every room share: where the data lie, and small studies that are quick."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kleiber import plugins
from kleiber.errors import KleiberError
from kleiber.report import write_report

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CHROMIUM = Path("/usr/bin/chromium")

try:
    with plugins.needing("run", "running a study"):
        core_alone = ""
except KleiberError as error:
    core_alone = str(error)
# Where the core is alone, these are not collected: they are of the run half, and import it at their top.
RUN_HALF = [
    *("benchmarks", "datasets", "faults", "estimators", "trainers"),
    *(f"contracts/test_{kind}.py" for kind in ("datasets", "executors", "nets", "trainers")),
    *(
        f"study/test_{name}.py"
        for name in (
            "budget",
            "drive",
            "preview",
            "schedule",
            "searches",
            "space_and_search",
            "start",
            "study",
            "rehearsal",
            "times",
            "keys",
            "faults",
            "export",
            "in_memory",
            "leakage",
            "signs",
            "place",
        )
    ),
    *(f"executors/test_{name}.py" for name in ("far", "same_study")),
]
collect_ignore = RUN_HALF if core_alone else []
WEB = ("starlette", "uvicorn", "httpx2")  # what the live page and its tests need
if not all(map(importlib.util.find_spec, WEB)):
    collect_ignore = [*collect_ignore, "web"]


@pytest.fixture
def run_half() -> None:
    """Skip a test of the run half where the core is alone."""
    if core_alone:
        pytest.skip(core_alone)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test read or write the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def data_folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of real data sets, or skip."""
    folder = Path(os.environ.get("KLEIBER_DATA", SHARED / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the data sets, which are not in {folder} (KLEIBER_DATA says where they are)")
    monkeypatch.setenv("KLEIBER_DATA", str(folder))
    return folder


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of recorded tables for the replay trainer: a power law with a best learning rate of 0.1."""

    def make(sizes: list[int], *, name: str = "recorded.csv") -> Path:
        lines = ["n,replicate,lr,loss,test_loss"]
        for n in sizes:
            for replicate in range(9):
                for lr in (0.001, 0.01, 0.1, 1.0):
                    loss = 2.0 * n**-0.3 + 0.1 + abs(lr - 0.1) + 0.002 * ((replicate * 7 + n) % 5)
                    lines.append(f"{n},{replicate},{lr},{loss},{loss + 0.01}")
        file = tmp_path / name
        file.write_text("\n".join(lines) + "\n")
        return file

    return make


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium of this machine."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed, so no browser is driven")
    chromium = Path(os.environ.get("KLEIBER_CHROMIUM", CHROMIUM))
    if not chromium.exists():
        missing = pytest.fail if os.environ.get("KLEIBER_BROWSER") == "needed" else pytest.skip
        missing(f"there is no Chromium at {chromium}, so the page is not opened in a browser")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=str(chromium), args=[*flags, "--disable-sync", "--no-first-run"])
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open findings as a page and give the page, with all that it asked for and all that it said."""
    contexts = []

    def open_page(findings, heading=None, **options):
        heading = heading or {}
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(dialog.message))
        path = write_report(findings, tmp_path / "report.html", **heading)
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
