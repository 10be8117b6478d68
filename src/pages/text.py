"""Numbers as people read them."""

from __future__ import annotations

MINUS = "\N{MINUS SIGN}"


def number(value: object, digits: int = 4) -> str:
    """Write a number with some significant digits; ``none`` for None, other values as they are."""
    if value is None:
        return "none"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    whole = isinstance(value, int) or (abs(value) >= 10**digits and abs(value) < 10**15)
    return (f"{value:,.0f}" if whole else f"{value:.{digits}g}").replace("-", MINUS)


def change(value: float | None) -> str:
    """Write a difference with its sign."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    return number(value, 3) if value < 0 else f"+{number(value, 3)}"


def interval(bounds: tuple[float, float] | None) -> str:
    """Write an interval; empty without one."""
    return "" if bounds is None else f"{number(bounds[0], 3)} to {number(bounds[1], 3)}"


def size(count: int | None) -> str:
    """Write a number of bytes."""
    if count is None:
        return "unknown"
    for unit, least in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= least:
            return f"{count / least:.3g} {unit}"
    return f"{count} bytes"


def percent(share: float) -> str:
    """Write a share in percent, never rounding something to nothing or to all."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if 0.999 < share < 1 else f"{100 * share:.3g} %"
