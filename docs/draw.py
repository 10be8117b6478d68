"""Draw the README's picture from what `dvc plots show` renders.

Usage: python docs/draw.py
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import vl_convert

PLOT = "Permutation importance"


def main() -> None:
    """Write docs/importance.svg."""
    shown = subprocess.run(
        ["dvc", "plots", "show", "--json"], check=True, capture_output=True, text=True
    )
    (plot,) = json.loads(shown.stdout)["data"][PLOT]
    picture = vl_convert.vegalite_to_svg(plot["content"])
    Path(__file__).with_name("importance.svg").write_text(picture + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
