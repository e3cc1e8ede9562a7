"""Pictures of the page in docs/, of three models whose numbers are made up; needs Playwright and Chromium.

    python docs/make_report.py [CHROMIUM]

writes docs/report.png, report_dark.png, report_phone.png, report_decision.png and report_what_if.png.
"""

import csv
import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import kleiber
from kleiber import importers

HERE = Path(__file__).parent
MODELS = {"logreg": (22.0, 22.8, 0.16), "resnet18": (2.2, 15.8, 0.40), "vit-small": (4.0, 21.6, 0.60)}
"""Floor, the part above it at 500 images, and exponent of each model, in points of error."""
SCREENS = {
    "report": {"viewport": {"width": 1280, "height": 900}},
    "report_dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "report_phone": {"viewport": {"width": 390, "height": 1266}},
}

TERMS = {"months": 6, "cost_per_month": 15_000, "gain": (0.0, 0.3)}
FOLDS = {"report_decision": "#s-decision", "report_what_if": "#s-what_if"}


def rows() -> list[dict[str, object]]:
    rng = np.random.default_rng(3)
    return [
        {"model": m, "n": n, "seed": seed, "val_acc": 100 - (floor + part * (n / 500) ** -b) * (1 + 0.02 * rng.normal())}
        for m, (floor, part, b) in MODELS.items()
        for n in (500, 1000, 2000, 4000, 8000)
        for seed in range(3)
    ]


def main() -> None:
    chromium = sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        with (Path(folder) / "photos.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, ("model", "n", "seed", "val_acc"))
            table.writeheader()
            table.writerows(rows())
        found = kleiber.analyse(importers.read(Path(folder) / "photos.csv", unit_of_n="images"), target="95%")
        note = "Numbers made up to show the page."
        page = kleiber.write_report(found, Path(folder) / "report.html", title="Parts on photos, three models", note=note)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, options in SCREENS.items():
            tab = browser.new_context(**options).new_page()
            tab.goto(page.as_uri())
            keep(tab.screenshot(), name)
        one = [row for row in rows() if row["model"] == "resnet18"]
        asked = {"target": "95%", "value_per_point": 20_000, "price_per_example": 0.5, "terms": TERMS}
        page = kleiber.write_report(
            kleiber.analyse(importers.read(one, unit_of_n="images"), **asked, what_if=True), Path(folder) / "plan.html"
        )
        tab = browser.new_context(viewport={"width": 1080, "height": 900}).new_page()
        tab.goto(page.as_uri())
        tab.evaluate("for (const fold of document.querySelectorAll('.fold')) fold.open = true")
        for name, fold in FOLDS.items():
            keep(tab.locator(fold).screenshot(), name)
        browser.close()


def keep(picture: bytes, name: str) -> None:
    """Write a picture with 128 colours."""
    small = Image.open(io.BytesIO(picture)).convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE)
    small.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
