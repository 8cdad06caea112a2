"""The configuration: a TOML file, or the options of a command line, made into backends and settings.

Everything is checked before anything is read: a `Config` holds backends that are made, though not
opened, and settings that fit.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import punctuation
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from forwardresolve.addresses import normalise_domain
from forwardresolve.deploy.front_end import FrontEnd, front_ends, names
from forwardresolve.deploy.guard import Guard, Limits, Losses
from forwardresolve.deploy.policy import Deploy, Fallback
from forwardresolve.errors import BackendError, ConfigError
from forwardresolve.keyvalues import table_from_texts
from forwardresolve.options import structure
from forwardresolve.pace import Pace
from forwardresolve.registry import backend_class, make_backend
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.secret import open_to_others
from forwardresolve.settings import Policy  # noqa: TC001 (the fields of Resolve are read at run time)
from forwardresolve.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.sdk import Backend

DEFAULT_PATH: Final = Path("/etc/forwardresolve/config.toml")
"""The configuration file where neither the command line nor the environment names one."""

ENVIRONMENT: Final = "FORWARDRESOLVE_CONFIG"
"""The environment variable that names the configuration file."""

_DELIMITERS: Final = frozenset(punctuation) - frozenset('"(),:;<>@[\\]')

_SHOWN: Final = (
    "every user of this machine can see a command line; "
    "write --option KEY.env=NAME or --option KEY.file=PATH instead"
)
_OPEN: Final = (
    "every user of this machine can read this file; "
    "write { env = NAME } or { file = PATH } instead, or run: chmod o-rwx"
)


def _is_domain(_: object, field: attrs.Attribute[Any], value: str | Sequence[str] | None) -> None:
    names = (value,) if isinstance(value, str) else value or ()
    for name in names:
        try:
            normalise_domain(name)
        except ValueError as error:
            raise ValueError(str(error), field) from None


def _is_delimiter(_: object, field: attrs.Attribute[Any], value: str | None) -> None:
    if not set(value or "") <= _DELIMITERS:
        msg = 'must be characters such as "+" or "+-", or empty'
        raise ValueError(msg, field)


@attrs.frozen
class Resolve:
    """The table ``[resolve]``: how the rows are read and what counts as outside.

    Args:
        recipient_delimiter: Postfix' setting of that name: each character begins an extension,
            an empty text is none. Without it what a source knows, else ``+``.
        myorigin: Postfix' setting of that name: the domain that completes bare names. Without it
            what a source knows, else bare names are accounts of the mail host.
        relay: Whether relay domains count as outside: ``internal`` or ``external``.
        internal_domains: Domains that are yours though no source hosts them.
        kept_copy: An address that forwards and keeps a copy is listed (``list``) or left to the
            filter of its mailbox (``ignore``).
        opaque: Whether commands, files and includes count as outside.
        lists: Whether mailing lists count as outside.
        autoreply: Whether autoresponders count as outside.
    """

    recipient_delimiter: str | None = attrs.field(default=None, validator=_is_delimiter)
    myorigin: str | None = attrs.field(default=None, validator=_is_domain)
    relay: Policy = "internal"
    internal_domains: Sequence[str] = attrs.field(default=(), validator=_is_domain)
    kept_copy: Literal["list", "ignore"] = "list"
    opaque: Policy = "internal"
    lists: Policy = "internal"
    autoreply: Policy = "internal"


@attrs.frozen(kw_only=True)
class _Sections:
    resolve: Resolve = attrs.field(factory=Resolve)
    rspamd: RspamdSettings = attrs.field(factory=RspamdSettings)
    guard: Guard = attrs.field(factory=Guard)
    deploy: Deploy = attrs.field(factory=Deploy)
    watch: Pace = attrs.field(factory=Pace)
    state_dir: Path = Path("/var/lib/forwardresolve")


@attrs.frozen(kw_only=True)
class Config(_Sections):
    """What to read, how to judge it, and what to write.

    Args:
        sources: The backends by the names that the admin gave their sources.
        resolve: How the rows are read.
        rspamd: What the artifacts look like.
        guard: Which changes have to be released.
        deploy: How a deployment behaves.
        watch: How the resident process behaves.
        state_dir: Where a run leaves what later runs need.
        fallbacks: What it means that a source is down, for the sources that say so.
        targets: The front ends.
    """

    sources: Mapping[str, Backend]
    fallbacks: Mapping[str, Fallback] = attrs.field(factory=dict)
    targets: tuple[FrontEnd, ...] = ()


@attrs.frozen(kw_only=True)
class _File(_Sections):
    """The keys of a configuration file; what stands in the table of a source is its backend's."""

    source: Mapping[str, Mapping[str, Any]]
    target: Sequence[Mapping[str, Any]] = ()


def configuration_path(path: Path | None = None) -> Path:
    """Return the configuration file: the one that is named, else that of the environment or the default."""
    return path or Path(os.environ.get(ENVIRONMENT) or DEFAULT_PATH)


def load(path: Path | None = None) -> Config:
    """Read the configuration file.

    Args:
        path: The file. None: ``$FORWARDRESOLVE_CONFIG``, else
            ``/etc/forwardresolve/config.toml``.

    Returns:
        The configuration.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or anything in it does not fit; all
            problems at once.
        BackendError: A backend that it names cannot be used, and all else fits.
    """
    path = configuration_path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        exposed = f"{_OPEN} {path}" if open_to_others(path) else ""
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: is no UTF-8 (byte {error.start})"
        raise ConfigError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: is no TOML: {error}"
        raise ConfigError(msg) from error
    try:
        return from_table(table, exposed=exposed)
    except ConfigError as error:
        raise ConfigError(*(f"{path}: {problem}" for problem in error.problems)) from None


def from_table(table: Mapping[str, Any], *, exposed: str = "") -> Config:
    """Make a configuration from the table that a file holds.

    Args:
        table: The table as TOML gives it.
        exposed: As in `structure`: how others can read the table.

    Raises:
        ConfigError: Anything in it does not fit; all problems at once.
        BackendError: A backend that it names cannot be used, and all else fits.
    """
    problems: list[str] = []
    unusable: list[BackendError] = []
    sources: dict[str, Backend] = {}
    fallbacks: dict[str, Fallback] = {}
    targets: tuple[FrontEnd, ...] = ()
    for name, source in _tables(table.get("source")).items():
        try:
            options, fallback = _without_fallback(source, f"source.{name}")
            if fallback is not None:
                fallbacks[name] = fallback
            sources[name] = _source(options, f"source.{name}", exposed)
        except ConfigError as error:
            problems += error.problems
        except BackendError as error:
            unusable.append(error)
    try:
        file = structure(_inherited(table), _File, "", exposed=exposed)
    except ConfigError as error:
        problems += error.problems
    common = {} if problems else table.get("rspamd", {})  # what is wrong there is told once
    try:
        targets = front_ends(table.get("target", ()), common, exposed=exposed)
    except ConfigError as error:
        problems += error.problems
    problems += _strangers(table)
    if problems:
        raise ConfigError(*problems, *map(str, unusable))
    if unusable:
        raise unusable[0]
    if not sources:
        msg = "source: is empty; name at least one source in a table [source.NAME]"
        raise ConfigError(msg)
    sections = {field.name: getattr(file, field.name) for field in attrs.fields(_Sections)}
    return Config(sources=sources, fallbacks=fallbacks, targets=targets, **sections)


def from_options(backend: str, texts: Iterable[str]) -> Config:
    """Make a configuration with one source from the options of a command line.

    Args:
        backend: The name of the backend; it (of a class its own name) becomes the source's, too.
        texts: The options, each ``key=value``.

    Raises:
        ConfigError: The options do not fit, or one of them shows a password.
        BackendError: The backend cannot be used.
    """
    kind = backend_class(backend)
    try:
        made = structure(table_from_texts(texts, kind), kind, "", exposed=_SHOWN)
    except ConfigError as error:
        raise ConfigError(*(f"--option {problem}" for problem in error.problems)) from None
    return Config(sources={backend.rpartition(":")[2]: made})


def _tables(value: object) -> dict[str, Mapping[str, Any]]:
    """Return the members of a value that are tables; `structure` tells of the others."""
    members = value.items() if isinstance(value, Mapping) else ()
    return {name: each for name, each in members if isinstance(each, Mapping)}


def _without_fallback(table: Mapping[str, Any], path: str) -> tuple[Mapping[str, Any], Fallback | None]:
    """Take the keys of a source that are not its backend's off its table."""
    names = [field.name for field in attrs.fields(Fallback)]
    own = {name: table[name] for name in names if name in table}
    fallback = structure(own, Fallback, path) if own else None
    return {key: value for key, value in table.items() if key not in own}, fallback


def _inherited(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put the common limits of the guard under those of single sources and targets."""
    guard = table.get("guard")
    if not isinstance(guard, Mapping):
        return table
    whole = dict(guard)
    for of, kind in (("source", Losses), ("target", Limits)):
        common = {field.name: guard[field.name] for field in attrs.fields(kind) if field.name in guard}
        if isinstance(guard.get(of), Mapping):
            whole[of] = {
                name: {**common, **own} if isinstance(own, Mapping) else own
                for name, own in guard[of].items()
            }
    return {**table, "guard": whole}


def _strangers(table: Mapping[str, Any]) -> Iterator[str]:
    """Find the limits of the guard that are for nobody."""
    guard = _tables(table).get("guard", {})
    for of, known in (("source", [*_tables(table.get("source"))]), ("target", names(table.get("target")))):
        for name in _tables(guard.get(of)):
            if name not in known:
                yield f"guard.{of}.{name}: there is no {of} of that name{nearest(name, known)}"


def _source(table: Mapping[str, Any], path: str, exposed: str) -> Backend:
    options = dict(table)
    backend = options.pop("backend", None)
    if not isinstance(backend, str):
        wrong = "is missing" if backend is None else "must be a text"
        msg = f"{path}.backend: {wrong}"
        raise ConfigError(msg)
    return make_backend(backend, options, path, exposed=exposed)
