"""Every attempt of a study as a table's file: CSV, JSON or Parquet, by the ending of its name."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kleiber import plugins
from kleiber.command.terminal import cell
from kleiber.errors import KleiberError, unwritable
from kleiber.web.exports import inert

Rows = Sequence[Mapping[str, Any]]
ENDINGS = (".csv", ".json", ".parquet")


def as_csv(rows: Rows) -> str:
    """Give rows as CSV; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["n"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: inert(cell(value)) for key, value in row.items()} for row in rows)
    return text.getvalue()


def write_rows(rows: Rows, file: Path) -> None:
    """Write rows to a file that is there whole or not at all; raises `KleiberError` for another ending and an old file."""
    if file.suffix not in ENDINGS:
        raise KleiberError(f"{file}: an export ends in {', '.join(ENDINGS)}")
    if file.exists():
        raise KleiberError(f"{file} exists already; name a new file")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        if file.suffix == ".parquet":
            _parquet(rows, draft)
        else:
            draft.write_text(as_csv(rows) if file.suffix == ".csv" else json.dumps(rows, allow_nan=False), encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        raise unwritable(file, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _parquet(rows: Rows, file: Path) -> None:
    with plugins.needing("import", "a Parquet file"):
        import polars
    # What has keys of its own, such as parameters and metrics, is JSON in its column, as in CSV.
    plain = [
        {key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in row.items()} for row in rows
    ]
    polars.DataFrame(plain, infer_schema_length=None).write_parquet(file)
