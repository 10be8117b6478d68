"""What the report says, from revisions made by hand."""

import hashlib
import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.gate.decision import GateCheck
from src.pages.text import number, percent
from src.report import note, openmetrics, page
from src.report.content import assemble, packages
from src.report.plots import TABLES, plots
from src.report.snapshot import Snapshot, read_snapshot
from src.report.verdict import TITLES, Verdict
from src.results.markdown import code, sentence
from src.results.plots import PLOTS
from tests.report.decisions import HTML, decision


@pytest.fixture(scope="session")
def now(template: Path) -> Snapshot:
    """What the stages left of the default project."""
    found = read_snapshot("now", "a" * 40, lambda path: _bytes(template / path), TABLES)
    return replace(found, project={})  # whatever name this one has


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


PASSED = Verdict("passed", decision())


def report(verdict: Verdict, new: Snapshot, base: Snapshot | None) -> tuple[str, str]:
    """Return note and page."""
    content = assemble(verdict, new, base, "", changed=False)
    return note.render(content, {}), page.render(content)


@pytest.mark.parametrize("status", TITLES)
def test_the_verdict_comes_first(status: Any, now: Snapshot) -> None:  # noqa: ANN401 - a Status
    text, document = report(Verdict(status), now, None)
    assert text.startswith(f"## {note.SIGNS[status]} {TITLES[status]}")
    assert f'<section class="verdict {status}"' in document
    assert ("✅" in text) == (status == "passed")


def test_the_note_says_which_model_it_is_about(now: Snapshot) -> None:
    named = replace(now, project={"project": {"name": "late-payment"}})
    assert report(PASSED, named, None)[0].startswith("## ✅ late-payment: The gate has passed")


def test_a_warning_is_shown_before_what_passed(now: Snapshot) -> None:
    warned = GateCheck(
        check="baseline", kind="baseline", outcome="passed", reason="None yet.", warning=True
    )
    checks = (*decision().checks, warned)
    text, document = report(Verdict("passed", decision(checks=checks)), now, now)
    assert text.startswith("## ⚠️ The gate has passed with 1 warning")
    assert text.index("| ⚠️ | `baseline` |") < text.index("| ✅ | `no_regression` |")
    assert "1 of 2 checks passed" in document
    assert '<section class="verdict warning"' in document
    assert '<span class="tag warn">warning</span>' in document


@pytest.mark.parametrize("plot", [plot for plot in PLOTS if plot.template != "linear"])
def test_axes_are_those_of_the_record(plot: Any, now: Snapshot) -> None:  # noqa: ANN401 - a Plot
    row = {name: "a" if name in plot.names else "0.5" for name in plot.columns}
    (drawn,) = plots(replace(now, plots={plot.name: [row, row]}), None)
    axes = json.dumps(drawn.panels[0].spec)
    for axis, field in (("x", plot.x), ("y", plot.y)):
        if isinstance(field, str):
            assert re.search(rf'"{axis}": {{"field": "{field}"', axes)


def renamed(revision: Snapshot, name: str) -> Snapshot:
    """Give a revision's columns, slices, classes and parameters an odd name."""
    test = revision.metrics["test"]
    return replace(
        revision,
        metrics={**revision.metrics, "slices": {name: {name: test}}},
        profile={"rows": 9, "columns": {name: {"kind": "categorical", "null": 0.5,
                                               "levels": {name: 1.0}, "other": 0.0}}},
        schema={"columns": {name: {"kind": "categorical", "role": "feature"}}},
        params={name: {name: name}},
        plots={"importance": [{"feature": name, "importance": "", "std": ""}],
               "confusion_matrix": [{"actual": name, "predicted": name, "count": "3"}]},
        card=f"# {name}\n\n{name}\n\n![x](https://example.com/x.png) <img src=x>",
    )  # fmt: skip


def test_a_base_with_another_target_is_not_compared(now: Snapshot) -> None:
    columns = dict(now.schema["columns"])
    columns["outcome"] = columns.pop("diagnosis")
    markdown, page = report(Verdict("passed"), now, replace(now, schema={"columns": columns}))
    assert "predicts something else" in markdown
    assert "predicts something else" in page
    assert "unchanged" not in markdown


def test_data_is_never_markup(now: Snapshot) -> None:
    text, document = report(PASSED, renamed(now, HTML), now)
    assert "<script>alert" not in document
    assert "<img src=x>" not in document
    assert "https://example.com/x.png" not in re.findall(r'src="([^"]*)', document)
    assert document.count("</script>") == 3  # data, Vega, ours
    lines = [line for line in text.splitlines() if "alert" in line]
    assert lines
    assert not any(line.startswith("/") for line in text.splitlines())  # no quick action
    assert all(re.search(r"`[^`]*@all|@\N{WORD JOINER}all", line) for line in lines)


@settings(max_examples=5, deadline=None)
@given(st.text(min_size=1, max_size=30))
@example("\0\x1f\x85\u202e")
@example("\U0001f642" * 20)
def test_any_name_can_be_reported(now: Snapshot, name: str) -> None:
    text, document = report(PASSED, renamed(now, name), now)
    (data,) = re.findall(r'id="plots-data">(.*?)</script>', document, flags=re.DOTALL)
    assert json.loads(data)["specs"][0]
    assert f"<code>{html.escape(name)}</code>" in document.replace("&#34;", "&quot;").replace(
        "&#39;", "&#x27;"
    )
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


@given(st.text(max_size=40))
def test_a_code_span_is_one_cell(text: str) -> None:
    written = code(text)
    assert "\n" not in written
    assert re.search(r"(?<!\\)\|", written) is None
    fence = re.match("`+", written)
    assert fence
    assert written.endswith(fence[0])
    inner = written[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inner)


@given(st.text(max_size=40))
def test_a_sentence_notifies_nobody_and_holds_no_markup(text: str) -> None:
    written = sentence(text)
    assert re.search(r"(?<!\\)[|<*_`\[]", written) is None
    assert re.search(r"@(?!\N{WORD JOINER})", written) is None


def test_numbers_read_well() -> None:
    minus = "\N{MINUS SIGN}"
    written = [number(value) for value in (None, 1, 123456, -0.00012346, 123456.7, "x", 1e300)]
    assert written == ["none", "1", "123,456", f"{minus}0.0001235", "123,457", "x", "1e+300"]
    assert [percent(share) for share in (0, 1e-5, 0.1234, 0.99999, 1)] == [
        "0 %", "< 0.1 %", "12.3 %", "> 99.9 %", "100 %",
    ]  # fmt: skip


def test_the_openmetrics_file_keeps_to_the_format(now: Snapshot) -> None:
    metrics = {**now.metrics, "train": {"rows": 3, "roc_auc": None}}
    text = openmetrics.render(metrics, passed=True)
    *lines, end, empty = text.split("\n")
    assert (end, empty) == ("# EOF", "")
    assert lines[:2] == ["# TYPE gate_passed gauge", "gate_passed 1"]
    known = set()
    for line in lines:
        family = re.fullmatch(r"# TYPE ([a-z_0-9]+) gauge", line)
        if family:
            assert family[1] not in known
            known.add(family[1])
            continue
        sample = re.fullmatch(r'([a-z_0-9]+)(?:\{split="(test|train)"\})? ([-+0-9.e]+)', line)
        assert sample, line
        assert sample[1] in known
    assert f'roc_auc{{split="test"}} {now.metrics["test"]["roc_auc"]}' in lines
    assert not any("roc_auc" in line and "train" in line for line in lines)


def test_packages_are_read_from_the_lock() -> None:
    lock = 'a==1 ; python_version < "3.12" \\\n    --hash=x\na==2 ; x\nb-a==3 \\\n'
    assert packages(lock, ("a", "c")) == {"a": "1, 2", "c": "not locked"}


def test_the_report_is_the_same_every_time(now: Snapshot) -> None:
    first, second = (report(Verdict("missing"), now, now) for _ in range(2))
    digests = [[hashlib.sha256(part.encode()).hexdigest() for part in pair]
               for pair in (first, second)]  # fmt: skip
    assert digests[0] == digests[1]


def wide(now: Snapshot) -> Snapshot:
    """Give a revision 100 slices and 200 columns."""
    part = now.metrics["slices"]["mean_area"]["below 423"]
    slices = {f"column_{n}": {f"level_{k}": part for k in range(10)} for n in range(10)}
    columns = list(now.profile["columns"].values())
    profile = {f"column_{n}": columns[n % len(columns)] for n in range(200)}
    return replace(
        now,
        metrics=now.metrics | {"slices": slices},
        profile={"rows": 436, "columns": profile},
    )


def test_the_page_of_many_slices_and_columns_stays_small(now: Snapshot) -> None:
    document = report(Verdict("missing"), wide(now), wide(now))[1]
    assert "column_199" in document
    assert len(document.encode()) < 1_500_000


def test_a_change_of_a_private_columns_levels_names_none(now: Snapshot) -> None:
    def with_levels(*levels: str) -> Snapshot:
        rules = {"kind": "categorical", "role": "feature", "private": True, "levels": [*levels]}
        return replace(now, schema={"columns": now.schema["columns"] | {"name": rules}})

    text, document = report(PASSED, with_levels("anna", "bert"), with_levels("anna"))
    assert "bert" not in text + document
    assert "anna" not in text + document
