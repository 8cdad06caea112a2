"""Keep one connection to every front end behind ssh."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import attrs

from forwardresolve.deploy.lasting import Lasting
from forwardresolve.deploy.ssh import Ssh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.config import Config
    from forwardresolve.deploy.front_end import FrontEnd


@contextlib.contextmanager
def connected_targets(chosen: Config) -> Iterator[Config]:
    """Let the targets of a configuration stay connected.

    Args:
        chosen: The configuration.

    Yields:
        The same one, whose targets of kind ssh keep their connections; they end with the block.
    """
    with contextlib.ExitStack() as stack:

        def lasting(each: FrontEnd) -> FrontEnd:
            if not isinstance(each.target, Ssh):
                return each
            target = Lasting(each.target)
            stack.callback(target.close)
            return attrs.evolve(each, target=target)

        yield attrs.evolve(chosen, targets=tuple(map(lasting, chosen.targets)))
