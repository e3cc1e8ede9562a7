"""A reader is sent what is new to it and nothing else."""

from kleiber.web.view import View


def test_a_reader_is_sent_what_changed_since_it_looked():
    view = View()
    assert view.show("t", {"a": "1", "b": "2"}, {"list": ["a", "b"]})
    seen = view.mark
    assert view.since(seen) is None
    assert not view.show("t", {"a": "1", "b": "2"}, {"list": ["a", "b"]})
    assert view.since(seen) is None and view.mark == seen
    assert view.show("t", {"a": "1", "b": "3", "c": "4"}, {"list": ["c", "a", "b"]})
    news = view.since(seen)
    assert news["pieces"] == [["b", "3"], ["c", "4"]] and news["lists"] == {"list": ["c", "a", "b"]}
    assert view.since(news["version"]) is None


def test_an_order_or_a_title_that_changes_alone_is_news():
    view = View()
    view.show("t", {"a": "1"}, {"list": ["a"]})
    seen = view.mark
    assert view.show("other", {"a": "1"}, {"list": ["a"]})
    assert view.since(seen)["title"] == "other" and view.since(seen)["pieces"] == []
    seen = view.mark
    assert view.show("other", {"a": "1"}, {"list": []})
    assert view.since(seen)["lists"] == {"list": []}


def test_whoever_comes_from_another_server_or_from_nowhere_is_sent_all():
    view = View()
    view.show("t", {"a": "1", "b": "2"}, {})
    for mark in ("", "0badf00d.99999", "x", ".", f"{view.mark}x", "\N{SUPERSCRIPT TWO}.\N{SUPERSCRIPT TWO}"):
        assert [name for name, _ in view.since(mark)["pieces"]] == ["a", "b"]


def test_two_pages_never_share_a_version():
    one, other = View(), View()
    one.show("t", {"a": "1"}, {})
    other.show("t", {"a": "2"}, {})
    assert one.mark != other.mark and other.since(one.mark)["pieces"] == [["a", "2"]]
