"""The date that a page bears: today's, or that of SOURCE_DATE_EPOCH, by which a build can be repeated to the byte."""

import datetime
import os


def today() -> str:
    """Give the date as a person writes it: 29 November 2026."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    day = datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date() if epoch.isdigit() else datetime.date.today()
    return f"{day.day} {day:%B %Y}"
