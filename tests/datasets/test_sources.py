"""Results are told apart by a column: it is no feature, stays in step with the test set, and blanks are named."""

import json

import numpy as np
import polars as pl
import pytest

import kleiber
from kleiber import by_class, importers
from kleiber.datasets import Dataset, given, load_dataset
from kleiber.errors import KleiberError

N = 400
RNG = np.random.default_rng(3)
Y = RNG.integers(0, 2, N)
SOURCE = np.where(np.arange(N) % 4 == 0, "scan", "web")
U = Y + RNG.normal(size=N) * np.where(SOURCE == "scan", 2.0, 0.5)
ROWS = {
    "u": U.round(6).tolist(),
    "tokens": RNG.integers(1, 9, N).tolist(),
    "source": SOURCE.tolist(),
    "text": [f"word{i} {'good' if y else 'bad'}" for i, y in enumerate(Y)],
    "label": [("no", "yes")[y] for y in Y],
}
KNOWN = dict(zip(np.array(ROWS["u"], np.float32).tolist(), ROWS["source"], strict=True))


def in_step(part):
    """Say whether each source is that of its row."""
    return [KNOWN[u] for u in part.x[:, 0].tolist()] == part.sources["source"].tolist()


@pytest.fixture
def frame():
    return pl.DataFrame(ROWS).drop("text")


def test_a_tables_column_is_no_feature_and_stays_in_step_through_split_and_file(tmp_path, frame):
    frame.write_csv(tmp_path / "rows.csv")
    options = {"target": "label", "weight": "tokens", "by": "source"}
    data = load_dataset(str(tmp_path / "rows.csv"), seed=0, options=options)
    assert data.train.x.shape[1] == 1 and in_step(data.test) and data.unit == "tokens"
    opened = Dataset.open(data.save(tmp_path / "saved"))
    assert in_step(opened.test) and opened.unit == "tokens"
    plain = load_dataset(str(tmp_path / "rows.csv"), seed=0, options={**options, "by": None, "drop": ["source"]})
    assert data.fingerprint != plain.fingerprint  # or a folder without the sources would be taken for one with them


def test_frames_arrays_and_texts_have_sources_too(tmp_path, frame):
    options = {"target": "label", "by": "source", "drop": ["tokens"]}
    assert in_step(load_dataset(given({"train": frame, **options}).raw, seed=0).test)
    both = given({"train": frame[:300], "test": frame[300:], **options}).raw
    assert in_step(both.test) and not both.train.sources
    x, y = np.array(ROWS["u"])[:, None], np.array(ROWS["label"])
    assert in_step(load_dataset(given({"train": (x, y), "by": {"source": SOURCE}}).raw, seed=0).test)
    lines = [json.dumps({key: ROWS[key][i] for key in ("text", "label", "source")}) for i in range(N)]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines))
    texts = load_dataset(str(tmp_path / "rows.jsonl"), seed=0, options={"by": "source"}).test
    known = dict(zip(ROWS["text"], ROWS["source"], strict=True))
    assert [known[text] for text in texts.texts] == texts.sources["source"].tolist()


@pytest.mark.parametrize("kind", ["classification", "regression"])
@pytest.mark.parametrize("trainer", ["sklearn", "torch", "kernel"])
def test_a_study_measures_each_source_and_they_make_up_the_whole(tmp_path, frame, kind, trainer):
    pytest.importorskip("torch" if trainer == "torch" else "sklearn")
    rows = frame if kind == "classification" else frame.drop("label").with_columns(amount=pl.Series(Y + 0.1 * U))
    target = {"target": "label"} if kind == "classification" else {"target": "amount", "task": "regression"}
    module = "linear_model:LogisticRegression" if kind == "classification" else "linear_model:Ridge"
    own = {"sklearn": {"module": f"sklearn.{module}"}, "torch": {"net": "linear", "training": {"epochs": 1}}}
    study = kleiber.Study(
        data={"train": rows, "by": "source", "weight": "tokens", **target},
        trainer=trainer,
        sizes=[100, 200, 400, 800],
        replicates=2,
        **own.get(trainer, {}),
    )
    ledger = kleiber.run_study(study, tmp_path / "k.db")
    for row in ledger.export("study"):
        test = row["test"]
        counts = [test[f"count[source={name}]"] for name in ("scan", "web")]
        each = [test[f"loss[source={name}]"] for name in ("scan", "web")]
        assert np.average(each, weights=counts) == pytest.approx(test["loss"], rel=1e-4)
    found = by_class(tmp_path / "k.db", by="source")
    assert {part.name for part in found.parts} == {"scan", "web"} and found.by == "source"
    assert all("examples" not in text.partition(",")[0] for text in found.sentences[:1])
    table = importers.read(tmp_path / "k.db")
    assert table.unit_of_n == "tokens"


@pytest.mark.parametrize("blank", [None, "", " ", float("nan")])
@pytest.mark.parametrize(("option", "said"), [("by", "no source"), ("group", "no group")])
def test_a_blank_is_named_with_its_place_whoever_holds_the_data(tmp_path, frame, blank, option, said):
    cells = [*ROWS["source"][:7], blank, *ROWS["source"][8:]]
    x, y = np.array(ROWS["u"])[:, None], np.array(ROWS["label"])
    key = {"by": {"source": np.array(cells, object)}} if option == "by" else {"groups": np.array(cells, object)}
    with pytest.raises(KleiberError, match=f"example 7: {said}; fill it in"):
        given({"train": (x, y), **key})
    if not isinstance(blank, float):
        rows = frame.with_columns(source=pl.Series(cells))
        with pytest.raises(KleiberError, match=f"column source, row 7: {said}"):
            given({"train": rows, option: "source", "drop": ["tokens"]})
        rows.write_csv(tmp_path / "rows.csv")
        with pytest.raises(KleiberError, match=f"column source, line 9: {said}"):
            load_dataset(str(tmp_path / "rows.csv"), seed=0, options={option: "source"})


def test_many_values_other_lengths_and_what_is_no_mapping_are_refused():
    x, y = np.array(ROWS["u"])[:, None], np.array(ROWS["label"])
    for by, said in (
        ({"row": np.arange(N)}, "400 values, and 100 at most are measured alone"),
        ({"row": SOURCE[:9]}, r"by 'row' has shape \(9,\); it must have one for each of the 400 train examples"),
        (SOURCE, "by must name a column"),
    ):
        with pytest.raises(KleiberError, match=said):
            given({"train": (x, y), "by": by})
    with pytest.raises(KleiberError, match="unit names what weights count, and there are none"):
        given({"train": (x, y), "unit": "tokens"})
