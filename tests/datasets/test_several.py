"""Several files that are one table: a pattern, or a folder of nothing else."""

import pytest

from kleiber.datasets import kind_of, load_dataset
from kleiber.errors import KleiberError
from kleiber.study.study import Study


@pytest.fixture
def parts(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(3):
        rows = "".join(f"{i},{'ab'[i % 2]}\n" for i in range(number * 20, number * 20 + 20))
        (folder / f"p{number}.csv").write_text("u,kind\n" + rows)
    whole = tmp_path / "whole.csv"
    whole.write_text("u,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(60)))
    return folder


def test_a_pattern_and_a_folder_are_the_one_table(parts):
    whole = load_dataset(str(parts.parent / "whole.csv"), seed=0)
    for source in (str(parts), str(parts / "*.csv")):
        assert kind_of(source) == "table"
        data = load_dataset(source, seed=0)
        assert (data.fingerprint, data.name) == (whole.fingerprint, "parts")


def test_files_of_unlike_columns_and_a_bad_cell_name_their_file(parts):
    (parts / "p1.csv").write_text("u,kind\n1,a\nx,b\n")
    with pytest.raises(KleiberError, match=r"column u, line 3 of p1.csv: 'x' is no number"):
        load_dataset(str(parts / "*.csv"), seed=0)
    (parts / "p1.csv").write_text("v,kind\n1,a\n")
    with pytest.raises(KleiberError, match=r"p1.csv has the columns v, kind, but p0.csv has u, kind"):
        load_dataset(str(parts / "*.csv"), seed=0)


def test_json_lines_too_and_none_is_said(tmp_path):
    for number in range(2):
        rows = "".join(f'{{"text": "t {number} {i}", "label": "{"ab"[i % 2]}"}}\n' for i in range(20))
        (tmp_path / f"r{number}.jsonl").write_text(rows)
    data = load_dataset(str(tmp_path / "*.jsonl"), seed=0)
    assert len(data.train) + len(data.validation) + len(data.test) == 40
    with pytest.raises(KleiberError, match="there is no file or folder"):
        load_dataset(str(tmp_path / "*.csv"), seed=0)


def test_a_pattern_in_a_toml_starts_at_its_folder(parts):
    file = parts.parent / "study.toml"
    file.write_text('data = "parts/*.csv"\nsizes = [10]\n')
    assert Study.from_toml(file).data.source == str(parts / "*.csv")
