"""The published schema of records as lines of JSON says what the reader takes, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest

from forwardresolve.jsonlines import SCHEMA_VERSION, read_records, write_records
from forwardresolve.records import Origin, Record
from forwardresolve.shapes import is_choice

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "docs" / "backends" / "records.schema.json").read_text(encoding="utf-8")
)
LINES: dict[str, Any] = {each["title"]: each for each in SCHEMA["oneOf"]}


def name_of(kind: type) -> str:
    """Return the name under which a record is written."""
    values: list[Any] = ["x"] * sum(field.default is attrs.NOTHING for field in attrs.fields(kind))
    return str(json.loads(next(iter(write_records([kind(*values)]))))["record"])


def test_the_schema_has_every_kind_of_record_and_the_closing_line() -> None:
    assert set(LINES) == {name_of(kind) for kind in get_args(Record)} | {"end"}


@pytest.mark.parametrize("kind", get_args(Record))
def test_the_schema_has_every_field_of_a_record_with_its_words(kind: type) -> None:
    line = LINES[name_of(kind)]
    fields = {field.name: field for field in attrs.fields(attrs.resolve_types(kind))}

    assert set(line["properties"]) == {"record", *fields}
    assert line["properties"]["record"] == {"const": line["title"]}
    needed = [name for name, field in fields.items() if field.default is attrs.NOTHING]
    assert line["required"] == ["record", *needed]
    for name, field in fields.items():
        if is_choice(field.type):
            assert line["properties"][name] == {"enum": list(get_args(field.type))}


def test_the_schema_has_every_part_of_an_origin() -> None:
    assert set(SCHEMA["$defs"]["origin"]["properties"]) == {field.name for field in attrs.fields(Origin)}


def test_a_closing_line_of_the_schema_is_one_for_the_reader() -> None:
    end = {"record": "end", "count": 0, "schema_version": SCHEMA_VERSION}

    assert set(LINES["end"]["required"]) == set(end)
    assert LINES["end"]["properties"]["schema_version"] == {"const": SCHEMA_VERSION}
    assert list(read_records([json.dumps(end)])) == []


@pytest.mark.parametrize("destinations", ["a@b.example, c@b.example", ["a@b.example"], []])
def test_destinations_may_be_a_text_or_a_list(destinations: str | list[str]) -> None:
    forward = {"record": "forward", "source": "i@a.example", "destinations": destinations}
    end = {"record": "end", "count": 1, "schema_version": SCHEMA_VERSION}

    assert len(list(read_records([json.dumps(forward), json.dumps(end)]))) == 1
