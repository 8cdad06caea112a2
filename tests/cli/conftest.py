"""Run the command line inside the process of the tests."""

from __future__ import annotations

import gc
import logging
import sys
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING, Protocol

import attrs
import pytest

from forwardresolve.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.frozen
class Outcome:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """Standard output, line by line."""
        return self.out.splitlines()


class Run(Protocol):
    """Runs ``forwardresolve`` with arguments."""

    def __call__(self, *arguments: str, stdin: bytes | None = b"") -> Outcome:
        """Run it and return what it left."""
        ...


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run the command line as the console script does."""

    def call(*arguments: str, stdin: bytes | None = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["forwardresolve", *arguments])
        monkeypatch.setattr(sys, "stdin", None if stdin is None else TextIOWrapper(BytesIO(stdin)))
        with pytest.raises(SystemExit) as caught:
            main()
        out, err = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Outcome(caught.value.code, out, err)

    monkeypatch.delenv("FORWARDRESOLVE_CONFIG", raising=False)
    monkeypatch.delenv("FORWARDRESOLVE_DEBUG", raising=False)
    yield call
    gc.enable()
    logger = logging.getLogger("forwardresolve")
    logger.handlers = []
    logger.setLevel(logging.NOTSET)
