"""Ledgers as studies leave them, written by hand, and applications that show them."""

import pytest
from starlette.testclient import TestClient
from tests.report.conftest import HOSTILE

from kleiber.records import Measurement, Purpose, Rung, State, Trial
from kleiber.study.ledger import Ledger
from kleiber.web.app import guarded
from kleiber.web.hub import Hub

SIZES = (100, 200, 400, 800)
TOKEN = "a-token-for-tests-0123456789abcdef"
SEARCH = {"trials": 3, "space": {"lr": {"low": 0.001, "high": 1.0}}, "sampler": "random", "stages": [], "keep": 0.3}
DESCRIPTION = {"net": "mlp", "trainer": "torch", "metric": "loss", "sizes": SIZES, "replicates": 2, "training": {}}
DATA = {"name": "d", "fingerprint": "f", "task": "classification", "classes": 2, "chance": {}, "notes": []}
COUNTS = {"train": 2000, "validation": 50, "test": 50}


class Written:
    """A study that is written trial by trial, as its driver would."""

    def __init__(self, path, name="s", description=None, sizes=SIZES, data=None):
        self.path, self.name, self.sizes = path, name, sizes
        self.description = {**DESCRIPTION, "seeds_per_subset": 1, "search": SEARCH, **(description or {})}
        self.data = {**DATA, **COUNTS, **(data or {})}

    def __enter__(self):
        self._ledger = Ledger(self.path)
        self._hold = self._ledger.hold(self.name, {"name": self.name}, self.description, self.data)
        self.book = self._hold.__enter__()
        rungs = {(n, r): Rung(n, r, f"{n}.{r}") for n in self.sizes for r in (0, 1, 2)}
        self.book.write_rungs(list(rungs.values()))
        self.rungs = rungs
        return self

    def __exit__(self, *error):
        self._hold.__exit__(*error)
        self._ledger.close()

    def trial(self, purpose, n, number, *, replicate=0, params=None):
        return Trial("c", purpose, self.rungs[n, replicate], params or {"lr": 0.1}, 10 * number + replicate, number)

    def start(self, purpose, n, number, **of):
        return self.book.start(self.trial(purpose, n, number, **of))

    def search(self, n, number, state=State.OK, *, params=None, **of):
        attempt = self.start(Purpose.SEARCH, n, number, params=params)
        loss = {self.description["metric"]: 2 * n**-0.3 + 0.1 + 0.01 * number} if state is State.OK else {}
        history = tuple(2.3 - 0.1 * k for k in range(5)) if state is State.OK else (1.0, None, 3.0)
        self.book.finish(attempt, Measurement(state, loss, None, epochs=5, seconds=1.0 + n / 100, history=history, **of))
        return attempt

    def score(self, n, replicate, params=None):
        attempt = self.start(Purpose.SCORE, n, 0, replicate=replicate, params=params)
        loss = {self.description["metric"]: 2 * n**-0.3 + 0.1 + 0.002 * replicate}
        self.book.finish(attempt, Measurement(State.OK, loss, loss, epochs=5, seconds=1.0 + n / 100))
        return attempt

    def size(self, n):
        for number in range(3):
            self.search(n, number, params={"lr": 0.1 * (number + 1)})
        won = self.trial(Purpose.SEARCH, n, 0, params={"lr": 0.1})
        self.book.write_winner(n, 3, won.id, [])
        for replicate in (1, 2):
            self.score(n, replicate, {"lr": 0.1})

    def whole(self):
        for n in self.sizes:
            self.size(n)


@pytest.fixture
def axe():
    """Give what axe-core finds on a page that is serious or worse, as (rule, element)."""
    sync = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

    def found(page):
        violations = sync.Axe().run(page).response["violations"]
        grave = [one for one in violations if one["impact"] in ("serious", "critical")]
        return [(one["id"], node["html"][:200]) for one in grave for node in one["nodes"]]

    return found


@pytest.fixture
def ledger(tmp_path):
    """A ledger with one complete study and one of which a size is measured."""
    path = tmp_path / "k.db"
    with Written(path, "whole") as written:
        written.whole()
    with Written(path, "begun") as written:
        written.size(100)
    return path


@pytest.fixture
def hostile(tmp_path):
    """A ledger whose study, metric, settings, data and messages attack."""
    path, evil = tmp_path / "hostile.db", "".join(HOSTILE).replace("\ud800", "")
    space = {**SEARCH, "space": {evil: {"low": 0.001, "high": 1.0}}}
    with Written(path, evil, {"net": evil, "metric": evil, "search": space}) as written:
        for n in SIZES:
            for number in range(2):
                written.search(n, number, params={evil: evil})
            written.search(n, 2, State.FAILED, params={evil: evil}, reason="exception", message=evil)
            written.book.write_winner(n, 3, written.trial(Purpose.SEARCH, n, 0, params={evil: evil}).id, [])
            for replicate in (1, 2):
                written.score(n, replicate, {evil: evil})
    return path


@pytest.fixture
def client_of():
    """Give a maker of clients that know the token, with their server running."""
    clients = []

    def make(path, **options):
        hub = Hub(path)
        hub.load()
        client = TestClient(guarded(hub, TOKEN, **options), base_url="http://127.0.0.1:8642")
        client.__enter__()
        clients.append(client)
        client.headers["authorization"] = f"Bearer {TOKEN}"
        client.hub = hub
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)
