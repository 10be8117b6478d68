"""The picture of a column's two distributions, beside each other."""

from __future__ import annotations

from src.pages.marks import BASE, OWN, Spec, Values, axis, both_sides, names, of_side, spec, tip


def distribution(shares: Values, title: str) -> Spec:
    """Draw a column's shares by level or bin, both sides beside each other.

    Parameters
    ----------
    shares
        Rows of ``bin``, ``this`` and ``base``, in the order in which they are to stand.
    """
    order = [row["bin"] for row in shares]
    values = both_sides([[{"bin": row["bin"], "share": row[side]} for row in shares]
                         for side in (OWN, BASE)])  # fmt: skip
    offset = {"field": "side", "type": "nominal", "scale": {"domain": [BASE, OWN]}}
    up = axis("share", "share of rows", axis={"format": "%"})
    across = names(
        "bin", title, order, axis={"labelAngle": -40, "labelLimit": 90, "labelOverlap": False}
    )
    encoding = {"x": across, "y": up, "xOffset": offset, "tooltip": tip("bin", "side", "share")}
    layers = [
        of_side(side, {"type": "bar", "style": f"{style}-bar"}, encoding)
        for side, style in ((BASE, "base"), (OWN, "own"))
    ]
    return spec(values, *layers, height=150)
