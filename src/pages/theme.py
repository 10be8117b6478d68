"""The page's colours in light and dark, for its text and its plots."""

from __future__ import annotations

from typing import Any

Palette = dict[str, str]

LIGHT: Palette = {
    "page": "#f6f7f9",
    "panel": "#ffffff",
    "text": "#1b1f24",
    "muted": "#57606a",
    "line": "#d5dae0",
    "own": "#0b5cad",
    "base": "#6a4c93",
    "other": "#b35900",
    "good": "#136c2e",
    "good-soft": "#dff3e4",
    "bad": "#b3161b",
    "bad-soft": "#fce4e4",
    "warn": "#7a5200",
    "warn-soft": "#fdf0d0",
    "heat": "#9cc6f0",
}

DARK: Palette = {
    "page": "#0e1116",
    "panel": "#171b22",
    "text": "#e8ebef",
    "muted": "#a3adb8",
    "line": "#343b45",
    "own": "#6cb2ff",
    "base": "#c3a6ec",
    "other": "#f0a35a",
    "good": "#6fdc8c",
    "good-soft": "#12301c",
    "bad": "#ff8f8f",
    "bad-soft": "#3d1618",
    "warn": "#f0c674",
    "warn-soft": "#372a0c",
    "heat": "#1d4f86",
}


CATEGORIES = ("own", "other", "good", "base", "bad", "warn", "muted", "text")
"""The colours of classes and series."""


def config(palette: Palette) -> dict[str, Any]:
    """Return the Vega configuration that gives a plot's styles their colours."""
    quiet = {"labelColor": palette["muted"], "titleColor": palette["muted"]}
    styles: dict[str, dict[str, object]] = {
        "ghost": {"color": palette["base"], "strokeDash": [5, 4], "strokeWidth": 1.5},
        "reference": {"color": palette["muted"], "strokeDash": [2, 3], "strokeWidth": 1},
        "margin": {"color": palette["warn"], "strokeDash": [5, 3], "strokeWidth": 2},
        "spread": {"color": palette["text"], "strokeWidth": 1},
        "own-curve": {"color": palette["own"], "strokeWidth": 2.5},
        "base-curve": {"color": palette["base"], "strokeWidth": 2, "strokeDash": [6, 4]},
    }
    for name, colour in (("good", "good"), ("bad", "bad"), ("neutral", "muted")):
        styles[f"{name}-span"] = {"color": palette[colour], "strokeWidth": 3}
        styles[f"{name}-mark"] = {
            "color": palette[colour],
            "filled": True,
            "opacity": 1,
            "size": 60,
        }
    for side in ("own", "base"):
        colour = palette[side]
        styles |= {
            f"{side}-line": {"color": colour, "strokeWidth": 2},
            f"{side}-dot": {"color": colour, "filled": True, "opacity": 1, "size": 22},
            f"{side}-point": {"color": colour, "filled": True, "opacity": 0.45, "size": 18},
            f"{side}-bar": {"color": colour},
        }
    return {
        "background": palette["panel"],
        "aria": False,  # the figure says what it shows; thousands of marks would drown it
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {
            **quiet,
            "labelOverlap": True,
            "gridColor": palette["line"],
            "domainColor": palette["line"],
            "tickColor": palette["line"],
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
        },
        "legend": {"labelColor": palette["text"], "labelFontSize": 12},
        "text": {"color": palette["text"], "fontSize": 14},
        "range": {
            "category": [palette[name] for name in CATEGORIES],
            "heatmap": [palette["panel"], palette["heat"]],
            "diverging": [palette["bad-soft"], palette["panel"], palette["good-soft"]],
        },
        "style": styles,
    }
