"""What the sign of a loss says of the trainer that measured it."""

from kleiber.errors import KleiberError
from kleiber.trainers._task import Outcome


def signs(metric: str, outcome: Outcome) -> str:
    """Say which loss is exactly 0, and nothing where none is; raises `KleiberError` for one below, which wins any search.

    metric: the study's, by which its searches choose and which its forecast is of; others may have any sign.
    """
    found = {metric: outcome.validation[metric], f"test_{metric}": (outcome.test or {}).get(metric, 1.0)}
    for name, value in found.items():
        if float("-inf") < value < 0:
            raise KleiberError(
                f"the trainer measured {name} = {value:.4g}, which is negative. Is it a negated score? Let the trainer "
                "return it with its sign turned, so that lower is better"
            )
    return "; ".join(f"{name} is exactly 0" for name, value in found.items() if value == 0)
