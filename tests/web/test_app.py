"""The pages, what they link to, and what can be downloaded from them."""

import csv
import io
import json
import time

import pytest
from tests.web.conftest import Written

from kleiber.records import Measurement, Purpose, State
from kleiber.study.ledger import Ledger
from kleiber.web import app


def settled(client, path, text, seconds=30.0):
    """Ask for a page until it has a text, which a forecast in the other process brings."""
    end = time.monotonic() + seconds
    while text not in (page := client.get(path).text):
        assert time.monotonic() < end, page[-3000:]
        time.sleep(0.1)
    return page


def events(client, path, count):
    """Give the first events of a stream as data."""
    found = []
    with client.stream("GET", path) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line[6:]))
            if len(found) == count:
                client.hub.closing.set()
                break
    return found


def test_a_ledger_lists_its_studies_and_a_study_its_sizes(ledger, client_of):
    client = client_of(ledger)
    page = client.get("/").text
    assert page.index("begun") < page.index("whole") and "Compare the chosen studies" in page
    page = client.get("/study/1").text
    assert "Complete: 20 of 20 trials measured" in page and 'id="rung-800"' in page
    assert "3 of 3 search trials measured" in page and "2 of 2 scores measured" in page
    assert page.count('id="attempt-') == 20 and "There are none." in page
    assert "5 of 20 trials measured" in client.get("/study/2").text


def test_a_page_names_what_sizes_count(ledger, tmp_path, client_of):
    assert '<th scope="col">n</th>' in client_of(ledger).get("/study/1").text
    with Written(tmp_path / "weighed.db", data={"unit": "<i>tokens"}) as written:
        written.size(100)
    page = client_of(tmp_path / "weighed.db").get("/study/1").text
    assert '<th scope="col">&lt;i&gt;tokens n</th>' in page and "mean of 2 scores at 100 &lt;i&gt;tokens" in page


def test_what_is_not_there_is_not_found(ledger, client_of):
    client = client_of(ledger)
    wrong = (
        "/study/9",
        "/study/0",
        "/study/x",
        "/study/-1",
        "/study/1/attempt/999",
        "/study/2/attempt/1",
        "/events?study=9",
    )
    assert {path: client.get(path).status_code for path in wrong} == dict.fromkeys(wrong, 404)
    assert client.get("/study/9/trials.csv").status_code == client.get("/study/9/findings.json").status_code == 404


def test_no_file_of_the_machine_can_be_had(ledger, client_of):
    secret = ledger.parent / "secret.txt"
    secret.write_text("secret")
    (ledger.parent / "link").symlink_to(secret)
    client = client_of(ledger)
    for path in (
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/..%5csecret.txt",
        f"/{secret}",
        "/link",
        "//etc/passwd",
    ):
        answer = client.get(path)
        assert answer.status_code == 404 and "secret" not in answer.text and "root:" not in answer.text


@pytest.mark.parametrize("name", ["../../x", "CON", "n" * 300, "/abs", "~", "a b\u2028c"])
def test_a_study_is_found_by_number_and_named_in_words_alone(tmp_path, client_of, name):
    with Written(tmp_path / "k.db", name) as written:
        written.size(100)
    client = client_of(tmp_path / "k.db")
    assert client.get("/study/1").status_code == 200
    for kind in ("trials.csv",):
        assert client.get(f"/study/1/{kind}").headers["content-disposition"] == 'attachment; filename="study-1.csv"'
    assert sorted(path.name for path in tmp_path.iterdir() if "k.db" not in path.name) == []


def test_the_forecast_is_that_of_the_report(ledger, client_of):
    client = client_of(ledger)
    page = settled(client, "/study/1", "What follows is the report")
    assert "<svg" in page and "s-summary" in page
    found = client.get("/study/1/findings.json")
    findings = json.loads(found.text, parse_constant=pytest.fail)
    assert findings["curves"][0]["forecast"]["status"] == "ok" and findings["study"]["name"] == "whole"
    assert findings["provenance"]["source"] == "k.db"


def test_studies_are_compared(ledger, client_of):
    with Written(ledger, "third") as written:
        written.whole()
    client = client_of(ledger)
    assert "Choose two to six studies" in client.get("/compare").text.replace("6", "six")
    assert "Choose two" in client.get("/compare?study=1").text and "Choose two" in client.get("/compare?study=x").text
    page = settled(client, "/compare?study=1&study=3", "What follows is the report")
    assert "whole" in page and "third" in page and "begun" not in page


def test_a_trial_has_a_page_with_its_message_and_its_losses(tmp_path, client_of):
    with Written(tmp_path / "k.db") as written:
        fine = written.search(100, 0)
        failed = written.search(100, 1, State.FAILED, reason="exception", message="first line\nsecond <b>line</b>")
        score = written.score(100, 1)
    client = client_of(tmp_path / "k.db")
    page = client.get(f"/study/1/attempt/{fine}").text
    assert "validation loss" in page and '<figure class="chart"' in page and "lr 0.1" in page
    page = client.get(f"/study/1/attempt/{failed}").text
    assert "first line\nsecond &lt;b&gt;line&lt;/b&gt;" in page and "exception" in page
    assert "no loss after single epochs" in client.get(f"/study/1/attempt/{score}").text


def test_the_csv_has_every_attempt_and_no_formula(tmp_path, client_of):
    with Written(tmp_path / "k.db", description={"metric": "=loss"}) as written:
        attempt = written.start(Purpose.SEARCH, 100, 0)
        written.book.finish(attempt, Measurement(State.OK, {"=loss": -0.5}, seconds=-1.5))
        written.search(100, 1, State.FAILED, reason="exception", message="=HYPERLINK(1)", params={"lr": 0.2})
    answer = client_of(tmp_path / "k.db").get("/study/1/trials.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["message"] for row in rows] == ["", "'=HYPERLINK(1)"]
    assert rows[0]["seconds"] == "-1.5" and json.loads(rows[0]["validation"]) == {"=loss": -0.5}


def test_a_stream_sends_what_is_new_as_strict_json(tmp_path, client_of):
    with Written(tmp_path / "k.db") as written:
        written.search(100, 0)
        client = client_of(tmp_path / "k.db")
        client.get("/study/1")
        version = client.get("/study/1").text.partition('data-version="')[2].partition('"')[0]
        written.search(100, 1, params={"lr": 0.2})
        (news,) = events(client, f"/events?study=1&since={version}", 1)
    assert {name for name, _ in news["pieces"]} == {"now", "rung-100", "attempt-2", "training"}
    assert news["lists"]["attempts"] == ["attempt-2", "attempt-1"] and news["title"].endswith(" s")


def test_a_stream_that_was_lost_goes_on_where_it_was(tmp_path, client_of):
    with Written(tmp_path / "k.db") as written:
        written.search(100, 0)
    client = client_of(tmp_path / "k.db")
    client.get("/study/1")
    client.headers["last-event-id"] = "another-server.7"
    (news,) = events(client, "/events?study=1", 1)
    assert "rung-800" in {name for name, _ in news["pieces"]}


def test_too_many_streams_are_refused(ledger, client_of):
    client = client_of(ledger)
    client.hub.streams = app.STREAMS
    assert client.get("/events").status_code == 503
    client.hub.streams = 0


def test_a_ledger_may_come_later_and_a_study_may_go(tmp_path, client_of):
    path = tmp_path / "k.db"
    client = client_of(path)
    assert "has no study yet" in client.get("/").text
    with Written(path, "first") as written:
        written.size(100)
    settled(client, "/", "first")
    assert client.get("/study/1").status_code == 200
    with Ledger(path) as opened:
        opened.delete("first")
    settled(client, "/", "has no study yet")


def test_a_study_that_is_extended_is_counted_anew(tmp_path, client_of):
    path = tmp_path / "k.db"
    with Written(path) as written:
        written.whole()
    client = client_of(path)
    assert "20 of 20 trials" in client.get("/study/1").text
    with Written(path, description={"replicates": 3}) as written:
        written.search(100, 2, params={"lr": 0.4})
    settled(client, "/study/1", "of 24 trials")


def test_a_damaged_ledger_is_said_and_asked_again(ledger, client_of):
    client = client_of(ledger)
    whole = ledger.read_bytes()
    ledger.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    assert "cannot be read now" in settled(client, "/", "cannot be read now")
    ledger.write_bytes(whole)
    page = settled(client, "/", 'id="problem" class="problem" role="status"></p>')
    assert "whole" in page


def test_a_forecast_that_fails_is_said(ledger, client_of, monkeypatch):
    client = client_of(ledger)
    monkeypatch.setattr(client.hub._forecaster, "ask", lambda path, names, ended: {"error": "<b>no</b>"})
    assert "No new forecast: &lt;b&gt;no&lt;/b&gt;" in settled(client, "/study/1", "No new forecast")


def test_what_goes_wrong_while_a_page_is_followed_is_said_and_the_page_goes_on(ledger, client_of, monkeypatch):
    client = client_of(ledger)
    client.get("/study/1")
    good = app.Hub._show_one
    monkeypatch.setattr(app.Hub, "_show_one", lambda hub, which: 1 / 0)
    with Written(ledger, "begun") as written:
        written.search(200, 0)
    end = time.monotonic() + 10
    while "ZeroDivisionError" not in client.hub.problem:
        assert time.monotonic() < end
        time.sleep(0.05)
    monkeypatch.setattr(app.Hub, "_show_one", good)
    assert "6 of 20 trials" in settled(client, "/study/2", "6 of 20 trials")
