"""The colours of the page."""

import numpy as np
import pytest

from src.pages import theme


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]  # fmt: skip
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_text_stands_out_from_its_background(palette: dict[str, str]) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for pictures."""

    def contrast(one: str, other: str) -> float:
        low, high = sorted(luminance(palette[name]) for name in (one, other))
        return (high + 0.05) / (low + 0.05)

    texts = ("text", "muted", "own", "good", "bad", "warn")
    pairs = [(name, ground) for name in texts for ground in ("page", "panel")]
    pairs += [(name, f"{name}-soft") for name in ("good", "bad", "warn")] + [("text", "heat")]
    assert {pair: contrast(*pair) for pair in pairs if contrast(*pair) < 4.5} == {}
    assert min(contrast(name, "panel") for name in ("own", "base", "other")) >= 3
