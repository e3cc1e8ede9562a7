"""A size's trials as small squares that fill while it is worked on: each state has its shape, so colour is never alone."""

from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from kleiber.records import State
from kleiber.report.numbers import fixed, places, shown
from kleiber.web.filling import Cell, Filling, Where
from kleiber.wording import counted

SIDE, GAP, ROW = 12, 3, 20
MOST = 120  # more trials than this are shares of a bar
NAMES = {
    State.OK: "measured",
    State.RUNNING: "running",
    State.DIVERGED: "diverged",
    State.FAILED: "failed",
    State.LOST: "lost",
}


def squares(planned: Sequence[Where], filling: Filling, what: str, *, held: bool) -> Markup:
    """Draw the trials of a size and a purpose that are planned or have been tried, as SVG.

    planned: (search, replicate, number) of each planned trial. what: what they are called, as in "search trial". held:
    whether a process runs the study; else what seems to run is interrupted.
    """
    cells = filling.cells
    if max(len(planned), len(cells)) > MOST:
        roles = Counter({"planned": max(len(planned) - len(cells), 0)})
        for state, count in filling.states.items():
            roles[_role_of(state, held)] += count
        return _bar(roles, _said(roles, max(len(planned), len(cells)), what))
    every = list(dict.fromkeys([*planned, *cells]))
    each = [_role_of(cells[place].state, held) if place in cells else "planned" for place in every]
    said = _said(Counter(each), len(every), what)
    rows = max(-(-len(every) // ROW), 1)
    width, height = min(max(len(every), 1), ROW) * (SIDE + GAP) - GAP, rows * (SIDE + GAP) - GAP
    inner = Markup("").join(
        _square(role, index, cells.get(place), what) for index, (place, role) in enumerate(zip(every, each, strict=True))
    )
    return _svg(width, height, said, inner)


def _role_of(state: State, held: bool) -> str:
    return "lost" if state is State.RUNNING and not held else str(state)


def _square(role: str, index: int, cell: Cell | None, what: str) -> Markup:
    x, y = index % ROW * (SIDE + GAP), index // ROW * (SIDE + GAP)
    loss = "" if cell is None or cell.loss is None else f", validation {fixed(cell.loss, places([cell.loss]))}"
    name = NAMES.get(State(role), role) if role != "planned" else "planned"
    title = Markup("<title>{}</title>").format(shown(f"{what}: {name}{loss}"))
    box = Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="2"/>').format(x + 0.5, y + 0.5, SIDE - 1, SIDE - 1)
    signs = {
        "running": f'<circle cx="{x + 6}" cy="{y + 6}" r="2.5"/>',
        "failed": f'<path d="M{x + 3} {y + 3}l6 6m0 -6l-6 6"/>',
        "diverged": f'<path d="M{x + 3} {y + 9}l6 -6"/>',
        "lost": f'<path d="M{x + 3} {y + 6}h6"/>',
    }
    return Markup('<g class="cell-{}">{}{}{}</g>').format(role, title, box, Markup(signs.get(role, "")))


def _bar(roles: Mapping[str, int], said: str) -> Markup:
    """Draw so many trials as one bar, each state's share after the other."""
    width, total, x, inner = ROW * (SIDE + GAP) - GAP, sum(roles.values()), 0.0, Markup("")
    for role in ("ok", "diverged", "failed", "lost", "running", "planned"):
        wide = width * roles.get(role, 0) / total
        if wide:
            inner += Markup('<g class="cell-{}"><rect x="{:.2f}" y="0.5" width="{:.2f}" height="{}"/></g>').format(
                role, x, wide, SIDE - 1
            )
        x += wide
    return _svg(width, SIDE, said, inner)


def _svg(width: float, height: float, said: str, inner: Markup) -> Markup:
    return Markup(
        '<svg class="cells" role="img" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-label="{2}">{3}</svg>'
    ).format(width, height, escape(said), inner)


def _said(roles: Mapping[str, int], total: int, what: str) -> str:
    done = roles.get("ok", 0) + roles.get("diverged", 0)
    rest = [f"{count:,} {NAMES[State(role)]}" for role, count in roles.items() if count and role not in ("ok", "planned")]
    return ", ".join([f"{done:,} of {counted(total, what)} measured", *rest])
