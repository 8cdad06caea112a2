"""Every error that forwardresolve raises on purpose, sorted by who must act.

::

    ForwardResolveError                        exit
    +-- AddressError                            1   whoever typed the address
    +-- ConfigError                             3   whoever wrote the configuration
    +-- BackendError                            4   whoever runs the source
    |   +-- BackendNotFound                         (no backend of that name)
    |   +-- BackendNotInstalled                     (its driver is missing: names the pip command)
    |   +-- BackendMisconfigured                    (refused credentials, missing table or attribute)
    |   +-- BackendUnavailable                      (nobody answers, or the answer broke off)
    |   +-- BackendIncomplete                       (it answered, but not with the whole truth)
    |   +-- BackendDataError                        (a row that cannot be read at all)
    +-- UnsafeChange                            5   whoever may release an unusual change
    +-- TargetError                             6   whoever runs the target
    +-- DeadlineExceeded                        1   whoever set the deadline

A message says what is wrong, where, and what to do. It never holds a secret. An exception of a
driver is chained as ``__cause__`` and never shown bare.
"""

from __future__ import annotations

from typing import ClassVar


class ForwardResolveError(Exception):
    """Root of the tree: catch this one to catch all of them.

    Attributes:
        exit_code: What the command line returns for this family.
    """

    exit_code: ClassVar[int] = 1


class AddressError(ForwardResolveError, ValueError):
    """A text is no mail address."""


class ConfigError(ForwardResolveError):
    """The configuration is wrong; all problems are told at once.

    Args:
        problems: One or more sentences, each beginning with the key path it is about, for
            example ``source.panel.url: is missing``.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BackendError(ForwardResolveError):
    """A source could not be read whole."""

    exit_code: ClassVar[int] = 4


class BackendNotFound(BackendError):
    """No installed backend has this name."""


class BackendNotInstalled(BackendError):
    """The backend exists, but a package that it needs does not."""


class BackendMisconfigured(BackendError):
    """The source refuses what the options say: credentials, a table, a column, an attribute."""


class BackendUnavailable(BackendError):
    """The source does not answer, or stopped answering in the middle of the read."""


class BackendIncomplete(BackendError):
    """The source answered, but what it gave is not the whole truth."""


class BackendDataError(BackendError):
    """The source holds a row that cannot be read at all."""


class UnsafeChange(ForwardResolveError):
    """The change is so unusual that somebody has to release it."""

    exit_code: ClassVar[int] = 5


class TargetError(ForwardResolveError):
    """A target cannot be read or written."""

    exit_code: ClassVar[int] = 6


class DeadlineExceeded(ForwardResolveError):
    """The run took longer than its caller could wait; nothing was touched."""
