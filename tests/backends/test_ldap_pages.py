"""A search is read to its last entry, or it is an error."""

from __future__ import annotations

import time
from typing import Any

import pytest

from backends.paper_directory import BASE, PaperConnection, item_of, paper, reader_of, result
from forwardresolve.sdk import BackendIncomplete, BackendMisconfigured, BackendUnavailable
from forwardresolve_backends._ldap_connection import Deadline
from forwardresolve_backends._ldap_pages import Reader, Search

SEARCH = Search(BASE, "sub", "(mail=*)", ("mail",), "rule 1")
FIVE = {f"e{number}": {"mail": f"u{number}@a.example"} for number in range(5)}


def mails(reader: Reader, search: Search = SEARCH) -> list[str]:
    return [entry.attributes["mail"][0].decode() for entry in reader.entries(search)]


@pytest.mark.parametrize(("size", "pages"), [(1, 5), (2, 3), (5, 1), (500, 1)])
def test_every_page_is_read(size: int, pages: int) -> None:
    connection = paper(**FIVE)

    assert mails(reader_of(connection, page_size=size)) == [f"u{number}@a.example" for number in range(5)]
    assert len(connection.searches) == pages


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        (3, BackendIncomplete, "time limit"),
        (4, BackendIncomplete, "size limit"),
        (10, BackendIncomplete, "ldap://elsewhere"),
        (11, BackendIncomplete, "limit of its administrator"),
        (12, BackendMisconfigured, "paged results"),
        (50, BackendMisconfigured, "refuses to be read"),
        (51, BackendUnavailable, "busy"),
        (99, BackendIncomplete, "does not give what it has"),
    ],
)
def test_only_success_is_success_on_every_page(
    page: int, code: int, error: type[Exception], says: str
) -> None:
    connection = paper(**FIVE)

    def interfere(_: PaperConnection, __: Any) -> Any:  # noqa: ANN401 (a result)
        late = len(connection.searches) > page
        return result(code, cookie=b"", referrals=["ldap://elsewhere/dc=x"]) if late else None

    connection.interfere = interfere

    with pytest.raises(error, match=rf"^ldap://paper, rule 1: .*{says}"):
        mails(reader_of(connection, page_size=2))


def test_an_answer_without_the_control_is_no_whole_answer() -> None:
    connection = paper(**FIVE)
    connection.interfere = lambda *_: result(0)

    with pytest.raises(BackendIncomplete, match="nobody knows whether this was all"):
        mails(reader_of(connection))


def test_a_pointer_elsewhere_is_an_error_unless_it_is_ignored() -> None:
    connection = paper(**FIVE)

    def interfere(self: PaperConnection, _: Any) -> Any:  # noqa: ANN401 (a result)
        self.response = [
            {"type": "searchResRef", "uri": ["ldap://elsewhere/dc=y"]},
            item_of("cn=a", {"mail": [b"x"]}),
        ]
        return result(0, cookie=b"")

    connection.interfere = interfere

    with pytest.raises(BackendIncomplete, match=r"a part lies on another server \(ldap://elsewhere/dc=y"):
        mails(reader_of(connection))
    assert mails(reader_of(connection, referrals="ignore")) == ["x"]


def test_no_page_is_asked_for_when_the_time_is_over() -> None:
    reader = reader_of(paper(**FIVE), page_size=2)
    object.__setattr__(reader.link, "deadline", Deadline(time.monotonic() - 1, 7))

    with pytest.raises(BackendUnavailable, match="within 7 seconds"):
        mails(reader)


def test_options_of_an_attribute_are_part_of_it() -> None:
    connection = paper(a={"mail": "x", "mail;lang-de": ["y", "z"]})
    (entry,) = reader_of(connection).entries(SEARCH)

    assert entry.attributes == {"mail": [b"x", b"y", b"z"]}


def _in_ranges(self: PaperConnection, asked: Any) -> Any:  # noqa: ANN401 (a result)
    values = {"member;range=0-1": [b"a", b"b"], "member;range=2-*": [b"c", b"d"], "member;range=4-*": [b"e"]}
    (name,) = asked["attributes"]
    given = {"member": "member;Range=0-1", "member;range=2-*": "member;range=2-3", "member;range=4-*": name}[
        name
    ]
    self.response = [item_of("cn=group", {given: values[name if name in values else "member;range=0-1"]})]
    return result(0, cookie=b"")


def test_values_that_come_in_parts_are_fetched_to_the_last() -> None:
    connection = paper()
    connection.interfere = _in_ranges
    (entry,) = reader_of(connection).entries(Search(BASE, "sub", "(member=*)", ("member",), "rule 1"))

    assert entry.attributes == {"member": [b"a", b"b", b"c", b"d", b"e"]}


@pytest.mark.parametrize("broken", [result(80), None], ids=["an error", "nothing"])
def test_values_that_stop_coming_in_parts_are_an_error(broken: Any) -> None:  # noqa: ANN401 (a result)
    def interfere(self: PaperConnection, asked: Any) -> Any:  # noqa: ANN401 (a result)
        if asked["attributes"] == ["member;range=4-*"]:
            self.response = [item_of("cn=group", {"member": []})]
            return broken or result(0)
        return _in_ranges(self, asked)

    connection = paper()
    connection.interfere = interfere

    with pytest.raises(BackendIncomplete, match="cn=group, member;range=4-"):
        list(reader_of(connection).entries(Search(BASE, "sub", "(member=*)", ("member",), "rule 1")))


def test_one_entry_is_read_by_its_name() -> None:
    reader = reader_of(paper(**FIVE))
    found = reader.entry(f"cn=e1,{BASE}", ("mail",))

    assert found is not None
    assert found.attributes == {"mail": [b"u1@a.example"]}
    assert reader.entry(f"cn=nobody,{BASE}", ("mail",)) is None


def test_an_entry_on_another_server_is_nobody_only_where_such_are_ignored() -> None:
    connection = paper()
    connection.interfere = lambda *_: result(10, referrals=["ldap://elsewhere/cn=x"])

    assert reader_of(connection, referrals="ignore").entry("cn=x", ()) is None
    with pytest.raises(BackendIncomplete, match="ldap://elsewhere/cn=x"):
        reader_of(connection).entry("cn=x", ())


@pytest.mark.parametrize(("code", "is_nobody"), [(32, True), (34, True), (50, False)])
def test_only_what_is_not_there_is_nobody(code: int, *, is_nobody: bool) -> None:
    connection = paper()
    connection.interfere = lambda *_: result(code)
    reader = reader_of(connection)

    if is_nobody:
        assert reader.entry("cn=x", ()) is None
    else:
        with pytest.raises(BackendMisconfigured, match="entry at the root"):
            reader.entry("", ())
