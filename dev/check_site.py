"""Follow every link of the built site: to its pages, files and anchors, and see that nothing is loaded from elsewhere.

python -m dev.check_site build/site
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src", "object": "data"}
FROM_ELSEWHERE = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"]?)((?:https?:)?//[^'")\s]+)""")


@dataclass
class Page(HTMLParser):
    """What a page names: its anchors, where its links lead, and what it loads."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up one element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if LOADED.get(tag) in given:
            self.loaded.append(given[LOADED[tag]])


def faults(site: Path) -> Iterator[str]:
    """Say each thing that is wrong with a built site, by page."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    if not pages:
        yield f"{site} has no page"
    for path, page in pages.items():
        here = path.relative_to(site)
        yield from (f"{here} loads {one}" for one in page.loaded if urlsplit(one).netloc)
        for target in (*page.links, *(one for one in page.loaded if not urlsplit(one).netloc)):
            yield from (f"{here}: {fault}" for fault in _dead(target, path, pages))
    for path in sorted(site.rglob("*.css")):
        yield from (f"{path.relative_to(site)} loads {one}" for one in FROM_ELSEWHERE.findall(path.read_text("utf-8")))


def _read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _dead(target: str, path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    """Say what a link misses; addresses elsewhere are not followed."""
    if urlsplit(target).scheme:
        return
    there, anchor = urldefrag(target)
    file = path if not there else Path(path.parent, unquote(urlsplit(there).path)).resolve()
    file = file / "index.html" if file.is_dir() else file
    if not file.is_file():
        yield f"{target} leads to no file"
    elif anchor and file in pages and unquote(anchor) not in pages[file].anchors:
        yield f"{target} leads to no place on its page"


if __name__ == "__main__":
    wrong = list(faults(Path(sys.argv[1]).resolve()))
    print("\n".join(wrong) or f"{sys.argv[1]}: all links lead somewhere, and nothing is loaded from elsewhere")
    sys.exit(bool(wrong))
