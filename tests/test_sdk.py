"""The SDK is what a backend imports: all of it is documented, and nothing of it is heavy."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import attrs
import pytest

from forwardresolve import records, sdk

ROOT = Path(__file__).parents[1]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sdk.__all__)
def test_every_name_of_the_sdk_is_in_the_reference(name: str) -> None:
    modules = {"forwardresolve.records", "forwardresolve.errors"}  # documented whole, by automodule
    home = getattr(getattr(sdk, name), "__module__", "")

    assert home in modules or hasattr(records, name) or f"forwardresolve.sdk.{name}\n" in API


def test_every_kind_of_record_can_be_imported_by_a_backend() -> None:
    assert {kind.__name__ for kind in get_args(sdk.Record)} <= set(sdk.__all__)


@pytest.mark.parametrize("kind", get_args(sdk.Record))
def test_a_record_is_a_value_with_an_origin(kind: type) -> None:
    fields = attrs.fields_dict(kind)
    needed = ["x" for field in fields.values() if field.default is attrs.NOTHING]

    assert list(fields)[-1] == "origin"
    record = kind(*needed)
    assert record == kind(*needed)
    assert record.origin is None
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        record.origin = sdk.Origin("elsewhere")


def test_a_class_with_records_is_a_backend_without_inheriting_anything() -> None:
    @attrs.frozen
    class Panel:
        def records(self) -> tuple[()]:
            return ()

    assert isinstance(Panel(), sdk.Backend)
    assert not isinstance(object(), sdk.Backend)
