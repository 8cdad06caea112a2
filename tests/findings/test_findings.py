"""Every finding is shown, and none where nothing is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from findings.examples import EXAMPLES, OURS, OUT, Example, look
from forwardresolve import (
    Domain,
    Finding,
    Forward,
    ForwardingGraph,
    Mailbox,
    Origin,
    Remark,
    Transport,
    findings,
    resolve,
)
from forwardresolve.findings import CATALOGUE, Severity, at_least, stuck

if TYPE_CHECKING:
    from forwardresolve.records import Record

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "findings"

_SHOWN_APART = {"two-sources", "too-many-extensions", "unchecked-limit"}

CASES = [
    pytest.param(name, example, id=f"{name}-{number}")
    for name, examples in EXAMPLES.items()
    for number, example in enumerate(examples, 1)
]


def shown(name: str, found: tuple[Finding, ...]) -> list[Finding]:
    ids = (name,) if name != "remark" else ("sieve-unread",)
    return [each for each in found if each.id in ids]


@pytest.mark.parametrize(("name", "example"), CASES)
def test_a_finding_is_made_where_it_is_due_and_nowhere_else(name: str, example: Example) -> None:
    found = shown(name, look(example.odd, **example.settings))

    assert [each.address for each in found] == [example.address]
    assert example.says in found[0].text
    assert found[0].severity == CATALOGUE[name].severity
    assert found[0].advice == CATALOGUE[name].advice
    assert shown(name, look(example.fine, **example.settings)) == []


def test_two_sources_that_define_one_address_are_told_from_one_that_does_so_twice() -> None:
    twice: dict[str, list[Record]] = {
        "panel": [*OURS, Forward("info@a.example", OUT, origin=Origin("alias"))],
        "office": [Forward("info@a.example", "box@a.example", origin=Origin("ou=people", "cn=info"))],
    }
    once: dict[str, list[Record]] = {
        "panel": [*OURS, Forward("info@a.example", OUT)],
        "office": [Forward("x@a.example", OUT)],
    }

    (found,) = shown("two-sources", look([], twice))

    assert found.address == "info@a.example"
    assert "the sources office and panel" in found.text
    assert str(found.origin) == "office: ou=people (cn=info)"
    assert shown("duplicate-row", look([], twice)) == []
    assert shown("two-sources", look([], once)) == []


def test_extensions_that_are_cut_off_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        *OURS,
        Forward("hub@a.example", OUT),
        *(Forward(f"hub+{i}@a.example", OUT) for i in range(3)),
        *(Forward(f"u{i}@a.example", "hub@a.example") for i in range(3)),
    ]
    assert shown("too-many-extensions", look(records)) == []
    monkeypatch.setattr("forwardresolve.nodes.MOST_DERIVED", 4)

    (found,) = shown("too-many-extensions", look(records))

    assert found.severity == "error"
    assert "more than 4 rows" in found.text


def test_addresses_that_are_not_walked_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [
        Forward(f"{one}{i}@a.example", [f"{one}{i}@a.example", f"{other}{i}@a.example"])
        for i in range(3)
        for one, other in ("ab", "ba")
    ]
    records = [*OURS, *pairs, *(Mailbox(each.source) for each in pairs)]
    assert look(records) == ()
    monkeypatch.setattr(stuck, "MOST_WALKS", 2)

    (found,) = look(records)

    assert (found.id, found.text) == (
        "unchecked-limit",
        "4 addresses were not tried against the limits of Postfix",
    )


def test_a_long_circle_is_shortened() -> None:
    ring = [Forward(f"u{i}@a.example", f"u{(i + 1) % 10}@a.example") for i in range(10)]

    (found,) = look([*OURS, *ring])

    around = ["u0", "u1", "u2", "u3", "5 more", "u9", "u0"]
    assert " -> ".join(around) in found.text.replace("@a.example", "")


def test_an_alias_that_leads_into_a_circle_of_others_is_no_circle_of_aliases() -> None:
    records = [
        *OURS,
        Domain("host.example", "local"),
        Forward("list", "u@a.example", table="local"),
        Forward("u@a.example", "v@a.example"),
        Forward("v@a.example", "u@a.example"),
    ]

    assert [each.id for each in look(records)] == ["loop"]


def test_a_mailbox_of_the_host_or_of_a_whole_domain_is_never_out_of_reach() -> None:
    assert (
        look([*OURS, Mailbox("joe"), Mailbox("@b.example"), Domain("b.example"), Mailbox("@a.example")]) == ()
    )


def test_a_transport_for_an_address_with_the_delimiter_is_no_row() -> None:
    assert look([*OURS, Transport("box+x@a.example", "mailbox")]) == ()


def test_a_copy_that_is_kept_in_a_suspended_domain_is_told_once() -> None:
    records = [*OURS, Domain("b.example", "suspended"), Forward("u@b.example", f"u@b.example, {OUT}")]

    (found,) = shown("suspended-domain", look(records))

    assert "a row uses it" in found.text


def test_a_healthy_host_has_no_findings() -> None:
    assert look([*OURS, Forward("info@a.example", [OUT, "box@a.example"])]) == ()


def test_the_order_of_the_records_changes_nothing() -> None:
    examples = [example for name in EXAMPLES if name not in ("loop", "limit") for example in EXAMPLES[name]]
    records = [record for example in examples for record in example.odd]

    def told(found: tuple[Finding, ...]) -> list[tuple[str, str, str]]:
        # Which of two rows comes second is what a duplicate is about.
        return [(each.id, each.address, each.text) for each in found if each.id != "duplicate-row"]

    assert told(look(records)) == told(look(records[::-1]))


def test_findings_are_sorted_errors_first() -> None:
    found = look(
        [*OURS, Domain("b b"), Forward("x@a.example", "gone@a.example"), Forward("b+1@a.example", OUT)]
    )

    assert [each.severity for each in found] == ["error", "warning", "notice"]


def test_a_finding_names_the_row_that_it_was_seen_in() -> None:
    records = [*OURS, Forward("info@a.example", "gone@a.example", origin=Origin("alias", "id 7"))]

    (found,) = look(records)

    assert str(found.origin) == "panel: alias (id 7)"


def test_at_least_keeps_what_is_so_severe_or_worse() -> None:
    found = tuple(Finding(severity, severity, "") for severity in get_args(Severity))

    assert [each.id for each in at_least("error", found)] == ["error"]
    assert [each.id for each in at_least("warning", found)] == ["error", "warning"]
    assert at_least("notice", found) == found


def test_a_remark_with_an_id_of_the_catalogue_has_its_severity() -> None:
    (found,) = look([*OURS, Remark("bare-destination", "joe has no domain")])

    assert found.severity == "notice"


def test_every_id_has_an_example() -> None:
    assert EXAMPLES.keys() | _SHOWN_APART == CATALOGUE.keys()


def test_every_id_has_a_page() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    made = {name for text in sources for name in re.findall(r'Finding\(\s*(?:id=)?"([a-z0-9-]+)"', text)}
    of_rspamd = {name for text in sources for name in re.findall(r'"(rspamd-[a-z-]+)"', text)}
    pages = {page.stem for page in PAGES.glob("*.md")} - {"index"}

    assert "no-forwardings" in made
    assert len(of_rspamd) > 20
    assert pages == CATALOGUE.keys() | made | of_rspamd


def test_every_page_is_listed_with_its_severity() -> None:
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    for page in PAGES.glob("*.md"):
        if page.stem != "index":
            severity = re.search(r"\*\*(error|warning|notice)\*\* · (.+)", page.read_text(encoding="utf-8"))
            assert severity is not None, page
            assert f"| [{page.stem}]({page.name}) | {severity[1]} | {severity[2]} |" in index


@pytest.mark.parametrize(
    "path", sorted((ROOT / "src/forwardresolve/rspamd").glob("*.py")), ids=lambda path: path.stem
)
def test_the_pages_of_rspamd_have_the_severity_of_the_code(path: Path) -> None:
    made = re.findall(r'Finding\(\s*"(rspamd-[a-z-]+)",\s*"(\w+)"', path.read_text(encoding="utf-8"))
    for name, severity in made:
        assert f"**{severity}**" in (PAGES / f"{name}.md").read_text(encoding="utf-8")


def test_the_remarks_of_the_built_in_backends_are_told() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    remarks = {name for text in sources for name in re.findall(r'[Rr]emark\(\s*(?:id=)?"([a-z0-9-]+)"', text)}
    told = (PAGES / "remark.md").read_text(encoding="utf-8")

    assert "not-utf8" in remarks
    assert [name for name in remarks - CATALOGUE.keys() if f"`{name}`" not in told] == []


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_page_says_what_the_catalogue_says(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    kind = CATALOGUE[name]

    assert text.startswith(f"# {name}\n")
    assert f"**{kind.severity}**" in text
    assert "```python" in text
    assert f"]({name}.md)" in (PAGES / "index.md").read_text(encoding="utf-8")


def test_ids_are_words_joined_by_hyphens() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in CATALOGUE)


def test_a_host_without_any_row_has_no_findings() -> None:
    graph = ForwardingGraph.from_records([])

    assert findings(graph, resolve(graph)) == ()
