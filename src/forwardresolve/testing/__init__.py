"""The contract kit: what every backend has to hold, as tests that a package of yours inherits.

It needs pytest and nothing else::

    from forwardresolve.testing import BackendContract, World

    class TestMyPanel(BackendContract):
        def make_backend(self, world: World, tmp_path: Path) -> MyPanel:
            ...  # fill a source with the world, and return the backend that reads it

        def break_backend(self, backend: MyPanel) -> None:
            ...  # make the source fail

What passes is a correct backend; that is the definition. What a source cannot hold is declared in
``lacks`` and skipped visibly.
"""

from forwardresolve.testing.contract import BackendContract
from forwardresolve.testing.worlds import Capability, World

__all__ = ["BackendContract", "Capability", "World"]
