"""``python -m forwardresolve`` is the command line, too."""

from forwardresolve.cli import main

main()
