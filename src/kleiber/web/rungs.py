"""The sizes of a study as rows that fill while it runs."""

from collections.abc import Iterator, Mapping

from kleiber.records import Purpose
from kleiber.report.markup import fill
from kleiber.study.overview import searches_of
from kleiber.web.cells import squares
from kleiber.web.epochs import spark
from kleiber.web.filling import LINES
from kleiber.web.progress import Progress
from kleiber.web.reading import NONE, Losses
from kleiber.web.words import written

RUNG = """
<tr id="{{ id }}"><th scope="row">{{ n }}</th>
<td class="word">{{ search }}</td><td class="word">{{ score }}</td>
<td>{{ name(best) }}</td><td>{{ name(test) }}</td><td class="word">{{ spark }}</td></tr>
"""


def rung_of(progress: Progress, n: int, histories: Mapping[int, Losses], held: bool) -> str:
    """Give the row of a size: its trials as squares, its best and mean values, and its losses against epochs."""
    turns = [progress.filling[n, purpose].turns for purpose in Purpose]
    winners = [progress.entry.winners.get((n, search)) for search in range(searches_of(progress.described))]
    key = (turns, winners, held, [len(histories.get(seq, NONE)) for seq in _lines(progress, n)])
    if n not in progress.rows or progress.rows[n][0] != key:
        progress.rows[n] = (key, _row(progress, n, histories, held))
    return progress.rows[n][1]


def _row(progress: Progress, n: int, histories: Mapping[int, Losses], held: bool) -> str:
    described, metric = progress.described, progress.metric
    search = progress.filling[n, Purpose.SEARCH]
    times, trials = range(searches_of(described)), range(described["search"]["trials"])
    searches = [(k, -k, i) for k in times for i in trials] if described["search"]["space"] else []
    replicates, seeds = range(1, described["replicates"] + 1), range(described["seeds_per_subset"])
    scores = [(k, r, s) for k in times for r in replicates for s in seeds]
    losses = progress.scores.get(n, [])
    test = written(metric, sum(losses) / len(losses) if losses else None)
    if len(losses) > 1:
        test += f" ({written(metric, min(losses))} to {written(metric, max(losses))})"
    best, lines = search.best, _lines(progress, n)
    newest = max((seq for seq in lines if histories.get(seq)), default=None) if held else None
    return fill(
        RUNG,
        id=f"rung-{n}",
        n=f"{n:,}",
        search=squares(searches, search, "search trial", held=held) if searches else "",
        score=squares(scores, progress.filling[n, Purpose.SCORE], "score", held=held),
        best=written(metric, best.loss if best else None),
        test=test,
        spark=spark({seq: histories.get(seq, NONE).validation for seq in lines}, best.seq if best else None, newest),
    ).strip()


def drawn(progress: Progress) -> Iterator[int]:
    """Give the numbers of the attempts whose losses against epochs the page of a study draws."""
    yield from progress.recent
    for n in progress.described["sizes"]:
        yield from _lines(progress, n)


def _lines(progress: Progress, n: int) -> list[int]:
    """Give the attempts of a size whose losses against epochs are drawn: its newest, those that run, and the best."""
    search, score = progress.filling[n, Purpose.SEARCH], progress.filling[n, Purpose.SCORE]
    running = [seq for seq, one in progress.running.items() if one.n == n][-LINES:]
    newest = [*(search.newest or score.newest), *running]
    return newest if search.best is None or search.best.seq in newest else [search.best.seq, *newest]
