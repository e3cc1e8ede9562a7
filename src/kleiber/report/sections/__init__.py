"""Sections of the report: one file each, found by being here, placed by their `ORDER`.

A section has `ORDER` (an integer), `TITLE` and `render(findings) -> Markup`, which gives an empty string where the
findings that it tells of are absent. It sees the findings and nothing else; sections know nothing of each other.
"""
