"""When to stop trying: what fails again in the same words, for another reason than the hyper-parameters, fails always."""

import re
from collections.abc import Collection, Iterable, Mapping

from kleiber.records import Measurement, Purpose, State, Trial, canonical
from kleiber.wording import counted

GIVE_UP = 5  # failures of any kind without a single success after which the rest is not tried
VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+(\.\d+)?(e[+-]?\d+)?")  # numbers and addresses, which differ from trial to trial

Failed = Mapping[str, tuple[Trial, Measurement]]  # by trial id
Worked = Collection[tuple[int, Purpose]]  # sizes and purposes of which a trial has succeeded


def account(measurement: Measurement) -> str:
    """Give what went wrong without the numbers in it, so that the same failure is known again."""
    return VARYING.sub("#", measurement.message)


def why_stop(failed: Failed, worked: Worked) -> str:
    """Say why nothing more is tried; empty where there is no reason to stop.

    One failure stops a study when it comes back in the same words while no trial of its purpose has succeeded: a search
    trial's under other hyper-parameters, a score's in any case, since those were searched.
    """
    for purpose in Purpose:
        if not any(each is purpose for _, each in worked) and (found := _repeated(failed.values(), purpose)):
            return f"the same failure came back: {found.message}"
    if len(failed) >= GIVE_UP and not worked:
        return f"{counted(len(failed), 'trial')} failed and none has succeeded"
    return ""


def hopeless_sizes(failed: Failed, worked: Worked) -> dict[tuple[int, Purpose], str]:
    """Give the sizes and purposes that are not tried on, with the failure that came back there; nothing has succeeded."""
    places = {(trial.rung.n, trial.purpose) for trial, _ in failed.values()} - set(worked)
    of = {place: [f for f in failed.values() if (f[0].rung.n, f[0].purpose) == place] for place in places}
    return {place: back.message for place, found in of.items() if (back := _repeated(found, place[1]))}


def _repeated(failed: Iterable[tuple[Trial, Measurement]], purpose: Purpose) -> Measurement | None:
    seen: dict[str, set[str]] = {}
    for trial, measurement in failed:
        if trial.purpose is not purpose or measurement.state is not State.FAILED:
            continue
        unlike = canonical(dict(trial.params)) if purpose is Purpose.SEARCH else trial.id
        known = seen.setdefault(account(measurement), set())
        known.add(unlike)
        if len(known) > 1:
            return measurement
    return None
