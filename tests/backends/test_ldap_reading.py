"""A directory counts when it was read whole, from one server, while it stood still."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from backends.paper_directory import BASE, PaperConnection, item_of, ldap_over, paper, reader_of, result
from forwardresolve.sdk import (
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    DomainAlias,
    Forward,
    Origin,
    Remark,
)
from forwardresolve_backends._ldap_reading import Job, hosted_names, known_records, read_settled
from forwardresolve_backends._ldap_rules import Layout, Rule
from forwardresolve_backends._ldap_spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.errors import BackendError
    from forwardresolve.sdk import Record

FORWARDS = Rule(keys=("mail",), values=("goesTo",))
TWO = {"a": {"mail": "a@x.example", "goesTo": "a@out"}, "b": {"mail": "b@x.example", "goesTo": "b@out"}}


def forwards(records: Iterable[Record]) -> dict[str, str]:
    return {each.source: each.destinations[0] for each in records if isinstance(each, Forward)}


def moving(connection: PaperConnection, *, also: Any = None) -> None:  # noqa: ANN401 (called with a number)
    """Let the state of a directory move each time that it is asked for."""
    numbers = iter(range(100))

    def interfere(_: PaperConnection, asked: Any) -> None:  # noqa: ANN401 (a search)
        if asked["attributes"] == ["contextCSN"]:
            number = next(numbers)
            connection.entries[BASE]["contextCSN"] = [str(number).encode()]
            if also is not None:
                also(number)

    connection.interfere = interfere


def test_a_directory_that_stands_still_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(**TWO)
    backend = ldap_over(monkeypatch, connection, rules=(FORWARDS,), hosted_domains=("x.example",))

    assert [type(each) for each in backend.records()] == [Domain, Forward, Forward]
    assert len([each for each in connection.searches if each["attributes"] == ["mail", "goesto"]]) == 1
    assert connection.is_closed


def test_a_number_of_the_last_change_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(**TWO)
    del connection.entries[BASE]
    connection.entries[""]["highestCommittedUSN"] = [b"1"]

    def interfere(_: PaperConnection, asked: Any) -> None:  # noqa: ANN401 (a search)
        if asked["search_base"] == "" and len(connection.searches) > 2:  # behind the first read
            connection.entries[""]["highestCommittedUSN"] = [b"2"]
            connection.entries[f"cn=a,{BASE}"]["goesTo"] = [b"changed@out"]
            connection.interfere = None

    connection.interfere = interfere
    backend = ldap_over(monkeypatch, connection, rules=(FORWARDS,), attempts=2)

    assert forwards(backend.records())["a@x.example"] == "changed@out"
    assert len([each for each in connection.searches if each["attributes"] == ["mail", "goesto"]]) == 2


def test_two_reads_that_find_the_same_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(**TWO)
    moving(connection)

    assert len(forwards(ldap_over(monkeypatch, connection, rules=(FORWARDS,)).records())) == 2
    assert len([each for each in connection.searches if each["attributes"] == ["mail", "goesto"]]) == 2


def test_a_directory_that_never_finds_rest_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(**TWO)

    def change(number: int) -> None:
        connection.entries[f"cn=a,{BASE}"]["goesTo"] = [f"{number}@out".encode()]

    moving(connection, also=change)

    with pytest.raises(BackendIncomplete, match="each of the 4 times"):
        list(ldap_over(monkeypatch, connection, rules=(FORWARDS,), attempts=4).records())


def test_the_next_server_is_asked_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, good = paper(**TWO), paper(**{**TWO, "c": {"mail": "c@x.example", "goesTo": "c@out"}})
    broken.interfere = lambda self, _: result(4) if len(self.searches) > 4 else None

    found = forwards(ldap_over(monkeypatch, broken, good, rules=(FORWARDS,), page_size=1).records())

    assert sorted(found) == ["a@x.example", "b@x.example", "c@x.example"]
    assert broken.is_closed


@pytest.mark.parametrize(
    ("codes", "error", "says"),
    [
        ((52,), BackendUnavailable, "^ldapi://0, .*not available"),
        ((52, 51), BackendUnavailable, "none of the 2 servers .*ldapi://0.*; ldapi://1"),
        ((52, 4), BackendIncomplete, "none of the 2 servers"),
        ((4, 52), BackendIncomplete, "none of the 2 servers"),
        ((50, 0), BackendMisconfigured, "^ldapi://0, .*refuses to be read"),
    ],
)
def test_what_no_server_gives_is_an_error(
    codes: tuple[int, ...], error: type[BackendError], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = [paper() for _ in codes]
    for connection, code in zip(connections, codes, strict=True):
        connection.interfere = lambda *_, code=code: result(code)

    with pytest.raises(error, match=says):
        list(ldap_over(monkeypatch, *connections, rules=(FORWARDS,)).records())


def test_a_base_that_nobody_names_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper()
    connection.entries[""]["namingContexts"] = [b"dc=x", b"dc=y"]
    backend = ldap_over(monkeypatch, connection, rules=(FORWARDS,), base="")

    with pytest.raises(BackendMisconfigured, match="it has dc=x, dc=y; set base"):
        list(backend.records())

    connection = paper(**TWO)
    connection.entries[""]["namingContexts"] = []
    own_base = attrs.evolve(FORWARDS, base=BASE)
    assert len(forwards(ldap_over(monkeypatch, connection, rules=(own_base,), base="").records())) == 2
    with pytest.raises(BackendMisconfigured, match="directory begins; set base"):
        list(ldap_over(monkeypatch, connection, rules=(FORWARDS,), base="").records())


def test_rules_that_may_be_missing_are_left_out_with_a_remark(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (Rule(keys=("fax",), values=("goesTo",), optional=True), FORWARDS)
    found = list(ldap_over(monkeypatch, paper(**TWO), rules=rules).records())

    assert [each.id for each in found if isinstance(each, Remark)] == ["ldap-rule-left-out"]
    assert len(forwards(found)) == 2


def test_all_that_a_server_has_never_heard_of_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (FORWARDS, Rule(keys=("fax",), values=("telex",)), Rule(yields="mailbox", keys=("phone",)))

    with pytest.raises(
        BackendMisconfigured, match=r"\(rule 2: attribute fax, attribute telex; rule 3: attribute phone\)"
    ):
        list(ldap_over(monkeypatch, paper(), rules=rules).records())


def test_without_a_look_at_the_schema_any_rule_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (FORWARDS, Rule(keys=("fax",), values=("telex",)))
    connection = paper(**TWO)

    assert len(forwards(ldap_over(monkeypatch, connection, rules=rules, check_schema=False).records())) == 2


def test_names_count_in_the_domains_that_the_directory_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(
        user={"cn": "joe", "goesTo": "joe@out"}, one={"mail": "one.example"}, two={"mail": "@two.example"}
    )
    rules = (
        Rule(keys=("cn",), key_form="name", values=("goesTo",), domains=("*",)),
        Rule(yields="domain", keys=("mail",)),
    )
    backend = ldap_over(monkeypatch, connection, rules=rules, hosted_domains=("zero.example",))

    assert set(forwards(backend.records())) == {"joe@zero.example", "joe@one.example", "joe@two.example"}


def test_domains_that_are_known_beforehand_count_too() -> None:
    known = (Domain("one.example"), DomainAlias("two.example", "one.example"), Remark("odd", "text"))
    layout = Layout(rules=(FORWARDS,), records=known, hosted_kind="local")
    job = Job(layout=layout, hosted_domains=("three.example",))

    assert hosted_names(job) == ["one.example", "two.example", "three.example"]
    assert list(known_records(job)) == [*known, Domain("three.example", "local", Origin("hosted_domains"))]


def test_a_failure_in_the_middle_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []
    close = Spool.close

    def closing(self: Spool) -> None:
        closed.append(self)
        close(self)

    monkeypatch.setattr(Spool, "close", closing)
    connection = paper(**TWO)
    connection.interfere = lambda _, asked: result(4) if asked["attributes"] == ["mail", "goesto"] else None

    with pytest.raises(BackendIncomplete):
        read_settled(reader_of(connection), Job(layout=Layout(rules=(FORWARDS,)), base=BASE))
    assert len(closed) == 1


def test_a_reader_that_gives_up_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(**TWO)
    records: Any = ldap_over(monkeypatch, connection, rules=(FORWARDS,)).records()

    assert isinstance(next(records), Forward)
    records.close()
    assert connection.is_closed


def test_the_version_is_the_state_of_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(connection: PaperConnection, **options: Any) -> str:  # noqa: ANN401 (of the backend)
        return ldap_over(monkeypatch, connection, **{"rules": (FORWARDS,), **options}).version()

    connection = paper()
    state = version(connection)
    assert state == "20260101000000.000000Z#000000#000#000000"
    assert len(connection.searches) == 1
    assert version(paper(), base=f"cn=a,{BASE}") == state
    assert version(paper(), base="") == state
    assert version(paper(), rules=(FORWARDS, attrs.evolve(FORWARDS, base=f"cn=a,{BASE}"))) == state
    del connection.entries[BASE]["contextCSN"]
    assert version(connection) == ""


def test_a_diagnosis_counts_what_each_rule_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(**TWO, odd={"mail": "c@x.example", "goesTo": b"\xff", "alias": "x.example"})
    connection.who = ""
    rules = (
        FORWARDS,
        Rule(yields="domain", keys=("mail",), filter="(status=*)"),
        Rule(keys=("fax",), values=("goesTo",)),
        Rule(keys=("fax",), values=("goesTo",), optional=True),
        Rule(yields="domain", keys=("alias",)),
    )
    seen = list(ldap_over(monkeypatch, connection, rules=rules).diagnose())

    assert [(each.subject, each.text) for each in seen] == [
        ("server", "ldapi://0"),
        ("protection", "a socket of this machine"),
        ("who am I", "anonymous, or the server does not say"),
        ("product", "OpenLDAP"),
        ("contexts", BASE),
        ("base", BASE),
        ("state", "20260101000000.000000Z#000000#000#000000"),
        ("rule 1 (forward)", "entries 3, keys 3, remarks 1"),
        ("rule 2 (domain)", "no entry answers, or none that may be seen"),
        ("rule 3 (forward)", "the schema has no attribute fax; nothing is read until this is corrected"),
        ("rule 4 (forward)", "the schema has no attribute fax; it is left out"),
        ("rule 5 (domain)", "entries 1, keys 1"),
    ]
    assert [each.subject for each in seen if each.is_problem] == ["rule 3 (forward)"]


def test_a_diagnosis_tells_what_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper()
    del connection.entries[""]
    del connection.entries["cn=schema"]
    own_base = attrs.evolve(FORWARDS, base="dc=y")
    connection.interfere = lambda _, asked: result(4) if asked["search_base"] == "dc=y" else None
    seen = {
        each.subject: each
        for each in ldap_over(monkeypatch, connection, rules=(own_base,), base="").diagnose()
    }

    assert {name for name, each in seen.items() if each.is_problem} == {
        "contexts",
        "state",
        "schema",
        "rule 1 (forward)",
        "rules",
    }
    assert seen["product"].text == "the server does not say"
    assert seen["base"].text == "each rule has its own"
    seen = {
        each.subject: each
        for each in ldap_over(monkeypatch, paper(), rules=(FORWARDS,), check_schema=False).diagnose()
    }
    assert "schema" not in seen


def test_a_pointer_elsewhere_may_be_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = paper(**TWO)

    def interfere(self: PaperConnection, asked: Any) -> Any:  # noqa: ANN401 (a result)
        if asked["attributes"] != ["mail", "goesto"]:
            return None
        self.response = [
            {"type": "searchResRef", "uri": []},
            item_of("cn=a", {"mail": [b"a"], "goesTo": [b"b"]}),
        ]
        return result(0, cookie=b"")

    connection.interfere = interfere

    assert forwards(ldap_over(monkeypatch, connection, rules=(FORWARDS,), referrals="ignore").records()) == {
        "a": "b"
    }
