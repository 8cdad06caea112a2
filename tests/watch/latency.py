"""Measure the way from a row in MariaDB to the Rspamd of three front ends, at any size.

python tests/watch/latency.py --changes 200 --addresses 100000
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

_HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the test of the suite with other numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20, help="how long 20 changes come a second")
    parser.add_argument(
        "--plain", action="store_true", help="promise plain addresses, so that an index finds them"
    )
    given = parser.parse_args(arguments)
    os.environ["FORWARDRESOLVE_TEST_CHANGES"] = str(given.changes)
    os.environ["FORWARDRESOLVE_TEST_ADDRESSES"] = str(given.addresses)
    os.environ["FORWARDRESOLVE_TEST_SECONDS"] = str(given.seconds)
    os.environ["FORWARDRESOLVE_TEST_PROMISE"] = "plain_addresses = true\n" if given.plain else ""
    return pytest.main(["-q", "-p", "no:cacheprovider", str(_HERE / "test_latency.py")])


if __name__ == "__main__":
    sys.exit(main())
