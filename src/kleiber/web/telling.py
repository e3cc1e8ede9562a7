"""The process that works forecasts out for the pages: lines of JSON go in and come out, until there are no more."""

import json
import os
import sys
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError
from kleiber.findings.analyse import analyse
from kleiber.importers import ledger
from kleiber.report.page import one, parts
from kleiber.report.reading import for_reader, read

NICE = 19  # the least that a process may ask for: what trains goes first


def told(path: Path, studies: Collection[str]) -> dict[str, Any]:
    """Give the sections of the report for studies of a ledger, as [id, HTML], and the findings; empty without a score."""
    table = ledger.read(path, study=list(studies))
    if not table.rows:
        return {"sections": [], "findings": None}
    findings = read(analyse(table))
    findings["provenance"]["source"] = path.name
    found = parts(for_reader(findings))
    return {"sections": [(part.id, one(part, first=part is found[0]).strip()) for part in found], "findings": findings}


def main() -> None:
    """Answer lines until there are no more."""
    warnings.simplefilter("ignore")  # what they say stands in the findings
    if hasattr(os, "nice"):
        os.nice(NICE)
    for line in sys.stdin:
        path, studies = json.loads(line)
        try:
            answer = told(Path(path), studies)
        except (KleiberError, MachineError) as error:
            answer = {"error": str(error)}
        except Exception as error:  # the page goes on and says so
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
