"""Text that Markdown leaves alone, whoever wrote it."""

from __future__ import annotations

import re


def code(value: object) -> str:
    """Return a Markdown code span fit for a table's cell: no markup, mention or reference in it."""
    text = " ".join(str(value).split()).replace("|", r"\|")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if len(fence) > 1 or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def inline(value: object) -> str:
    """Escape a sentence, in which what stands between backticks is code."""
    parts = enumerate(str(value).split("`"))
    return "".join(
        code(part) if place % 2 else sentence(f"|{part}|")[2:-2] for place, part in parts
    )


def sentence(value: object) -> str:
    """Escape a sentence for a table's cell; ``@`` gets company, so that nobody is notified."""
    text = " ".join(str(value).split())
    text = re.sub(r"([\\`*_\[\]{}<>|~#$!])", r"\\\1", text)
    return text.replace("&", "&amp;").replace("@", "@\N{WORD JOINER}")
