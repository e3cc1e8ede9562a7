"""The process that works forecasts out for the pages: lines of JSON go in and come out, until there are no more."""

import json
import os
import sys
import warnings
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kleiber.errors import KleiberError, MachineError
from kleiber.findings.analyse import analyse
from kleiber.importers import ledger
from kleiber.report.markup import island
from kleiber.report.page import Part, one, parts
from kleiber.report.reading import carried, for_reader, read

WHAT_IF = "s-what_if"  # the section whose controls answer anew
NICE = 19  # the least that a process may ask for: what trains goes first


def told(path: Path, studies: Collection[str], *, ended: bool = False) -> dict[str, Any]:
    """Give the sections of the report for studies of a ledger, as [id, HTML], and the findings; empty without a score.

    ended: whether none of them runs any more: then there are controls that answer anew, with the draws that they need.
    """
    table = ledger.read(path, study=list(studies))
    if not table.rows:
        return {"sections": [], "findings": None}
    findings = read(analyse(table, what_if=ended))
    findings["provenance"]["source"] = path.name
    found = [_with_data(part, findings) if part.id == WHAT_IF else part for part in parts(for_reader(findings))]
    return {"sections": [(part.id, one(part, first=part is found[0]).strip()) for part in found], "findings": findings}


def _with_data(part: Part, findings: Mapping[str, Any]) -> Part:
    """Give a section with what its script reads, so that both come and go together."""
    return replace(part, body=part.body + island("findings", carried(findings)))


def main() -> None:
    """Answer lines until there are no more."""
    warnings.simplefilter("ignore")  # what they say stands in the findings
    if hasattr(os, "nice"):
        os.nice(NICE)
    for line in sys.stdin:
        path, studies, ended = json.loads(line)
        try:
            answer = told(Path(path), studies, ended=ended)
        except (KleiberError, MachineError) as error:
            answer = {"error": str(error)}
        except Exception as error:  # the page goes on and says so
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
