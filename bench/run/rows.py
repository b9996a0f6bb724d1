"""One figure of the table, from the runs that it was measured in."""
import dataclasses
import statistics


@dataclasses.dataclass
class Row:
    section: str
    what: str
    value: float
    unit: str
    spread: float = 0.0      # half of (largest - smallest), in units of value
    target: str = ""         # as the table of docs/performance.md says
    met: bool | None = None
    runs: int = 1


def row(section, what, values, unit, at_least=None, at_most=None):
    """The median of the runs' `values` and its spread, held against its target."""
    values = values if isinstance(values, list) else [values]
    middle = statistics.median(values)
    target, met = "", None
    if at_least is not None:
        target, met = f">= {at_least:g}", middle >= at_least
    if at_most is not None:
        target, met = f"<= {at_most:g}", middle <= at_most
    return Row(section, what, middle, unit, (max(values) - min(values)) / 2, target, met,
               len(values))


def ratios(over, under):
    """Run by run: what stood beside each other in time is compared."""
    return [a / max(b, 1e-9) for a, b in zip(over, under)]


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]
