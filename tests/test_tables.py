"""Tables: rows of one key unite, and every arrow knows where it comes from."""

from __future__ import annotations

from forwardresolve.records import Origin
from forwardresolve.tables import NO_ORIGIN, Table

PANEL, FILE = Origin("alias", source="panel"), Origin("virtual", source="file")


def table_of(*rows: tuple[str, tuple[str, ...]], origin: Origin = PANEL) -> Table:
    table = Table()
    for key, destinations in rows:
        table.put(key, destinations, origin)
    table.settle()
    return table


def test_a_row_gives_its_destinations() -> None:
    table = table_of(("a@x", ("b@x", "c@x")))
    assert table.get("a@x") == ("b@x", "c@x")
    assert "a@x" in table
    assert table.get("b@x") is None
    assert "b@x" not in table


def test_rows_of_one_key_unite_each_destination_once() -> None:
    table = table_of(("a@x", ("b@x", "c@x")), ("a@x", ("c@x", "d@x")), ("a@x", ("e@x",)))
    assert table.get("a@x") == ("b@x", "c@x", "d@x", "e@x")


def test_a_row_that_lists_only_itself_forwards_nothing() -> None:
    table = table_of(("a@x", ("a@x",)), ("b@x", ("c@x",)))
    assert table.get("a@x") == ("a@x",)
    assert table.rows["a@x"] == ()
    assert [*table.forwarding()] == ["b@x"]
    assert [*table] == ["a@x", "b@x"]
    assert len(table) == 2


def test_such_a_row_that_gets_a_destination_is_a_forwarding() -> None:
    table = table_of(("a@x", ("a@x",)), ("a@x", ("c@x",)))
    assert table.get("a@x") == ("a@x", "c@x")
    assert [*table.forwarding()] == ["a@x"]


def test_a_changed_row_lists_each_destination_once() -> None:
    table = table_of(("a@x", ("joe", "joe@x", "ann")))
    table.change("a@x", lambda each: each if "@" in each else f"{each}@x")
    assert table.get("a@x") == ("joe@x", "ann@x")


def test_a_row_can_change_into_one_that_lists_only_itself_and_back() -> None:
    table = table_of(("joe@x", ("joe",)))
    table.change("joe@x", lambda each: f"{each}@x")
    assert table.get("joe@x") == ("joe@x",)
    assert [*table.forwarding()] == []
    table.change("joe@x", lambda _: "ann@x")
    assert table.get("joe@x") == ("ann@x",)
    assert [*table.forwarding()] == ["joe@x"]


def test_an_arrow_knows_its_origin() -> None:
    table = table_of(("a@x", ("b@x",)))
    table.put("a@x", ("c@x",), FILE)
    table.settle()
    assert table.origin("a@x", "b@x") == PANEL
    assert table.origin("a@x", "c@x") == FILE


def test_a_changed_destination_keeps_its_origin() -> None:
    table = table_of(("b@x", ("c@x",)))
    table.put("a@x", ("joe",), FILE)
    table.change("a@x", lambda each: f"{each}@x")
    assert table.origin("a@x", "joe@x") == FILE


def test_rows_of_one_key_from_two_sources_keep_both_origins() -> None:
    table = table_of(("b@x", ("c@x",)))
    for destination, origin in (("c@x", FILE), ("d@x", FILE), ("e@x", PANEL), ("f@x", FILE)):
        table.put("a@x", (destination,), origin)
    table.settle()
    assert table.arrows("a@x") == {"c@x": FILE, "d@x": FILE, "e@x": PANEL, "f@x": FILE}


def test_a_replaced_row_knows_the_origin_of_each_destination() -> None:
    table = table_of(("a@x", ("b@x",)))
    for arrows in ({"b@x": FILE, "c@x": FILE}, {"b@x": FILE, "c@x": PANEL}, {"c@x": PANEL}):
        table.replace("a@x", arrows)
        assert table.arrows("a@x") == arrows


def test_catch_alls_that_rewrite_are_known_while_rows_change() -> None:
    table = table_of(("@a", ("@b",)), ("@b", ("joe@x",)), ("@c", ("@c",)), ("u@a", ("@b", "v@x")))
    assert [*table.rewriting()] == [("@a", ("@b",))]
    other = table.with_row("@a", {})
    table.replace("@b", {"@c": FILE})
    table.replace("@a", None)
    assert [*table.rewriting()] == [("@b", ("@c",))]
    assert [*other.rewriting()] == []


def test_changed_destinations_of_two_sources_keep_their_origins() -> None:
    table = table_of(("a@x", ("joe", "ann")))
    table.put("a@x", ("bob",), FILE)
    table.settle()
    table.change("a@x", lambda each: f"{each}@x")
    assert table.arrows("a@x") == {"ann@x": PANEL, "bob@x": FILE, "joe@x": PANEL}


def test_a_table_without_rows_knows_no_origin() -> None:
    assert Table().origin("a@x", "b@x") == NO_ORIGIN


def test_keys_written_twice_are_told_with_all_their_origins() -> None:
    table = table_of(("a@x", ("b@x",)), ("b@x", ("c@x",)), ("b@x", ("c@x",)), ("c@x", ("d@x",)))
    table.put("c@x", ("a@x",), FILE)
    table.settle()
    assert [*table.repeated()] == [("b@x", (PANEL, PANEL)), ("c@x", (PANEL, FILE))]


def test_one_row_for_each_destination_of_a_key_is_no_repetition() -> None:
    table = table_of(("a@x", ("b@x",)), ("a@x", ("c@x",)))
    assert [*table.repeated()] == []


def test_a_table_that_differs_in_one_row_leaves_the_first_as_it_is() -> None:
    table = table_of(("a@x", ("b@x",)), ("c@x", ("c@x",)))
    with_other = table.with_row("a@x", {"d@x": FILE, "b@x": PANEL})
    assert with_other.get("a@x") == ("d@x", "b@x")
    assert with_other.origin("a@x", "d@x") == FILE
    assert with_other.get("c@x") == ("c@x",)
    assert [*table.with_row("c@x", {})] == ["a@x"]
    assert [*table.with_row("a@x", {"a@x": FILE}).forwarding()] == []
    assert (table.get("a@x"), table.get("c@x")) == (("b@x",), ("c@x",))


def test_a_hundred_thousand_rows_of_one_key_unite() -> None:
    table = table_of(*(("a@x", (f"u{n}@x",)) for n in range(100_000)))
    assert len(table.get("a@x") or ()) == 100_000
