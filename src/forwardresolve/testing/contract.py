"""The promises of a backend, each as a test."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs
import pytest

from forwardresolve.options import structure
from forwardresolve.sdk import Addressable, Backend, BackendMisconfigured
from forwardresolve.testing import options, worlds
from forwardresolve.testing.hooks import Source
from forwardresolve.testing.leftovers import watching
from forwardresolve.testing.parts import compare_parts
from forwardresolve.testing.reading import failure_of, records_of
from forwardresolve.testing.worlds import Capability

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MEMORY: Final = 5_000_000
"""Bytes that a read may hold at once; the rows that it reads are worth 10 million."""

_TICK: Final = 0.02
"""Seconds after which every file system that tests run on tells another time."""

_GUARD: Final = "test_no_promise_is_changed_without_a_reason"


class BackendContract(Source):
    """What every backend has to hold.

    Inherit from it in a class whose name begins with ``Test``, and define `make_backend` and
    `break_backend`. The other two hooks are optional; what they would prove is skipped without
    them. A promise that your backend cannot keep may be overridden by a test with the mark
    ``pytest.mark.xfail(reason=...)`` or ``pytest.mark.skip(reason=...)``, and not without one.
    """

    def __init_subclass__(cls) -> None:
        """Keep the test that looks for overridden tests from being overridden itself."""
        super().__init_subclass__()
        if getattr(cls, _GUARD) is not getattr(BackendContract, _GUARD):
            msg = f"{cls.__name__} overrides {_GUARD}, which finds overridden promises"
            raise TypeError(msg)

    def test_no_promise_is_changed_without_a_reason(self) -> None:
        """Every overridden test says why, and so does every capability that the source lacks."""
        promises = [name for name in vars(BackendContract) if name.startswith("test_")]
        for name in promises:
            test = getattr(self, name, None)
            if getattr(test, "__func__", None) is not getattr(BackendContract, name) and not _reason(test):
                pytest.fail(
                    f"{name} is overridden; mark what replaces it with pytest.mark.xfail(reason=...)",
                    pytrace=False,
                )
        for capability, reason in self.lacks.items():
            if capability not in get_args(Capability):
                pytest.fail(f"lacks: there is no capability {capability!r}", pytrace=False)
            if not reason.strip():
                pytest.fail(f"lacks: {capability} has no reason", pytrace=False)

    def test_it_is_a_frozen_attrs_class(self, tmp_path: Path) -> None:
        """A backend is a value: its fields are its options, and nothing changes them."""
        backend = self._made(worlds.PLAIN, tmp_path)
        kind = type(backend)
        if not attrs.has(kind) or not isinstance(backend, Backend):
            pytest.fail(f"{kind.__name__} is no attrs class with a method records()", pytrace=False)
        for field in attrs.fields(kind):
            try:
                setattr(backend, field.name, getattr(backend, field.name))
            except AttributeError:
                continue
            pytest.fail(f"{kind.__name__}.{field.name} can be set; use @attrs.frozen", pytrace=False)

    def test_the_source_is_read_exactly(self, tmp_path: Path) -> None:
        """Every row is read, and nothing that is not there."""
        self._reads(worlds.PLAIN, tmp_path)

    def test_an_empty_source_gives_nothing(self, tmp_path: Path) -> None:
        """A source without rows is no error, and no row is made up for it."""
        self._reads(worlds.EMPTY, tmp_path)

    def test_each_read_sees_the_rows_of_the_moment(self, tmp_path: Path) -> None:
        """A second read is as whole as the first one, and sees what has changed between them."""
        backend = self._made(worlds.PLAIN, tmp_path)
        for _ in range(2):
            self._holds(backend, worlds.PLAIN)
        changed = self._changed(worlds.OTHER, tmp_path)
        self._holds(changed, worlds.OTHER)
        if options.public_options(backend) != options.public_options(changed):
            pytest.skip("make_backend makes another source each time, so no source ever changes")
        self._holds(backend, worlds.OTHER)

    def test_the_version_stays_while_nothing_changes(self, tmp_path: Path) -> None:
        """The version, of a backend that has one, is the same while the source is (`Versioned`).

        Now and then it may be another one all the same: of three that follow each other two are equal.
        """
        backend = self._made(worlds.PLAIN, tmp_path)
        said = [self._version(backend) for _ in range(3)]
        if said[0] != said[1] != said[2]:
            pytest.fail("version() is another one each time, though nothing changes", pytrace=False)

    def test_every_change_makes_another_version(self, tmp_path: Path) -> None:
        """The version is another one after every change, however small (`Versioned`)."""
        backend, held = self._made(worlds.PLAIN, tmp_path), self._held(worlds.PLAIN)
        for world in worlds.CHANGES:
            if self._held(world) == held:
                continue
            before = self._version(backend)
            time.sleep(_TICK)
            changed = self._changed(world, tmp_path)
            if options.public_options(backend) != options.public_options(changed):
                pytest.skip("make_backend makes another source each time, so no source ever changes")
            if self._version(backend) == before:
                pytest.fail(f"version() stays the same when {held} becomes {world}", pytrace=False)
            held = self._held(world)

    @pytest.mark.parametrize("spelling", sorted(worlds.SPELLINGS))
    def test_no_spelling_of_an_address_is_lost(
        self, spelling: Literal["blanks", "idn", "trailing_dot", "upper_case"], tmp_path: Path
    ) -> None:
        """Rows in upper case, in U-labels and A-labels, with a trailing dot, with blanks are read."""
        self._needs(spelling)
        self._reads(worlds.SPELLINGS[spelling], tmp_path)

    @pytest.mark.parametrize("spelling", ["plain", *sorted(worlds.SPELLINGS)])
    def test_some_addresses_are_read_as_by_a_whole_reading(
        self, spelling: Literal["plain", "blanks", "idn", "trailing_dot", "upper_case"], tmp_path: Path
    ) -> None:
        """What is read of an address, or of a domain, is what a whole reading gives (`Addressable`)."""
        if spelling != "plain":
            self._needs(spelling)
            backend = self._made(worlds.SPELLINGS[spelling], tmp_path)
        else:
            has_aliases = "domain_aliases" not in self.lacks
            backend = self._made(worlds.FURTHER["domain_aliases"] if has_aliases else worlds.PLAIN, tmp_path)
        if not isinstance(backend, Addressable):
            pytest.skip("the backend is not Addressable: it has no method records_of()")
        compare_parts(backend)

    @pytest.mark.parametrize("part", ["inactive_forwards", "inactive_mailboxes"])
    def test_inactive_rows_are_absent(
        self, part: Literal["inactive_forwards", "inactive_mailboxes"], tmp_path: Path
    ) -> None:
        """A row that is switched off gives no record."""
        self._further(part, tmp_path)

    def test_an_inactive_domain_stays_hosted(self, tmp_path: Path) -> None:
        """A domain that is switched off is suspended; without it, its addresses would be external."""
        self._further("inactive_domains", tmp_path, suspended={"asleep.example"})

    def test_domain_aliases_are_read(self, tmp_path: Path) -> None:
        """An alias domain is a ``DomainAlias``, or a hosted domain that rewrites to its target."""
        self._further("domain_aliases", tmp_path, domain_aliases={("twin.example", "first.example")})

    def test_many_destinations_are_read(self, tmp_path: Path) -> None:
        """A forwarding to 1,000 destinations has them all."""
        self._needs("several_destinations")
        self._reads(worlds.LONG_LIST, tmp_path)

    def test_many_rows_are_streamed_in_bounded_memory(self, tmp_path: Path) -> None:
        """Of 10,000 long rows only a small part is held at a time."""
        self._needs("streaming")
        (tmp_path / "small").mkdir()
        failure_of(records_of(self._made(worlds.PLAIN, tmp_path / "small")))  # imports its libraries
        backend = self._made(worlds.heavy_rows(), tmp_path)
        tracemalloc.start()
        try:
            count = sum(1 for _ in records_of(backend))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        if count < worlds.ROWS:
            pytest.fail(f"{worlds.ROWS} forwardings gave {count} records", pytrace=False)
        if peak > _MEMORY:
            pytest.fail(f"reading held {peak:,} bytes; it must stream: {_MEMORY:,} at most", pytrace=False)

    def test_a_source_that_is_broken_raises(self, tmp_path: Path) -> None:
        """A source that does not answer is an error of the SDK, not an empty source."""
        backend = self._made(worlds.PLAIN, tmp_path)
        if failure_of(records_of(self._broken(backend))) is None:
            pytest.fail("records() of a broken source ends without an error", pytrace=False)

    @pytest.mark.parametrize("taken", [1, worlds.ROWS // 2])
    def test_a_source_that_breaks_in_the_middle_never_ends_early(self, taken: int, tmp_path: Path) -> None:
        """A read that cannot go on raises; it may end only with every row of its beginning."""
        backend = self._made(worlds.MANY, tmp_path)
        records = records_of(backend)
        count = sum(1 for _, _ in zip(range(taken), records, strict=False))
        self._broken(backend)

        def rest() -> Any:  # noqa: ANN401 (a generator that counts)
            nonlocal count
            for record in records:
                count += 1
                yield record

        if failure_of(rest()) is None and count < worlds.ROWS:
            pytest.fail(
                f"the source broke after {taken} records; records() ended after {count} of {worlds.ROWS}, "
                "without an error",
                pytrace=False,
            )

    def test_refused_credentials_are_told_as_such(self, tmp_path: Path) -> None:
        """A source that refuses the credentials raises BackendMisconfigured."""
        error = failure_of(records_of(self._denied(self._made(worlds.PLAIN, tmp_path))))
        if not isinstance(error, BackendMisconfigured):
            said = type(error).__name__ if error else "no error"
            pytest.fail(f"refused credentials give {said}, not BackendMisconfigured", pytrace=False)

    def test_no_secret_is_shown(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """No secret stands in a repr, an origin, a message of an error, or a log."""
        caplog.set_level(0)
        backend = self._made(worlds.PLAIN, tmp_path)
        for name in options.shown_secrets(backend):
            pytest.fail(f"the option {name} looks like a secret; make its type Secret", pytrace=False)
        secrets = options.secrets_of(backend)
        texts = {"the repr of the backend": repr(backend)}
        texts["an origin"] = " ".join({str(record.origin) for record in records_of(backend)})
        denies = self._defines("deny_backend") and "credentials" not in self.lacks
        changes = [self._broken, self._denied] if denies else [self._broken]
        for change in changes:
            changed = change(self._made(worlds.PLAIN, tmp_path))
            secrets |= options.secrets_of(changed)
            texts["the message of an error"] = str(failure_of(records_of(changed)))
            _no_secret_in(texts, secrets)
        _no_secret_in({"the log": caplog.text}, secrets)

    @pytest.mark.parametrize("taken", [1, worlds.ROWS + 1])
    def test_nothing_is_left_open(self, taken: int, tmp_path: Path) -> None:
        """A read that has ended or was given up leaves no file, socket, thread or program behind."""
        backend = self._made(worlds.MANY, tmp_path)
        with watching() as left_open:
            records = records_of(backend)
            for _, _ in zip(range(taken), records, strict=False):
                pass
            records.close()
        if left_open:
            pytest.fail(f"left open: {'; '.join(left_open)}", pytrace=False)

    def test_options_come_from_a_configuration(self, tmp_path: Path) -> None:
        """A table as a configuration holds it gives a backend that reads the source, secrets too."""
        world = self._held(worlds.PLAIN)
        if self._defines("make_options"):
            kind = type(self.make_backend(world, tmp_path))
            table = self.make_options(world, tmp_path)
            self._holds(_configured(table, kind), worlds.PLAIN)
            return
        backend = self.make_backend(world, tmp_path)
        (tmp_path / "secrets").mkdir()
        try:
            table = options.as_table(backend, tmp_path / "secrets")
        except options.NoTomlError as error:
            pytest.skip(f"make_options is not defined, and an option has no place in TOML: {error}")
        made = _configured(table, type(backend))
        if options.revealed(made) != options.revealed(backend):
            pytest.fail(f"the options {sorted(table)} do not come back as they were given", pytrace=False)
        self._holds(made, worlds.PLAIN)


def _configured(table: Mapping[str, Any], kind: type[Backend]) -> Backend:
    try:
        return structure(table, kind, "source.contract")
    except Exception as error:  # noqa: BLE001 (whatever refuses its options, the author gets the sentence)
        pytest.fail(f"a configuration cannot give the options {sorted(table)}: {error}", pytrace=False)


def _reason(test: object) -> str:
    """Return the reason of a mark that says why a test is another one."""
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name in ("skip", "skipif", "xfail")]
    return next((str(mark.kwargs["reason"]).strip() for mark in marks if mark.kwargs.get("reason")), "")


def _no_secret_in(texts: Mapping[str, str], secrets: frozenset[str]) -> None:
    for where, text in texts.items():
        if any(secret in text for secret in secrets):
            pytest.fail(f"{where} shows a secret", pytrace=False)
