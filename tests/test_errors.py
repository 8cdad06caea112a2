"""Errors: one tree, and an exit code for each family."""

from __future__ import annotations

import pytest

from forwardresolve import errors


def families() -> list[type[errors.ForwardResolveError]]:
    return [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.ForwardResolveError)
    ]


@pytest.mark.parametrize(
    ("family", "code"),
    [
        (errors.AddressError, 1),
        (errors.ConfigError, 3),
        (errors.BackendError, 4),
        (errors.BackendNotFound, 4),
        (errors.BackendDataError, 4),
        (errors.UnsafeChange, 5),
        (errors.TargetError, 6),
    ],
)
def test_a_family_has_its_exit_code(family: type[errors.ForwardResolveError], code: int) -> None:
    assert family.exit_code == code


def test_the_drawing_names_every_error() -> None:
    drawing = errors.__doc__ or ""

    assert [each.__name__ for each in families() if each.__name__ not in drawing] == []


def test_a_wrong_address_is_a_wrong_value_too() -> None:
    assert issubclass(errors.AddressError, ValueError)


def test_problems_of_a_configuration_are_a_line_each() -> None:
    error = errors.ConfigError("a: is missing", "b: is not known")

    assert error.problems == ("a: is missing", "b: is not known")
    assert str(error) == "a: is missing\nb: is not known"
