"""``python -m hubagent`` is ``hubagent``."""

from hubagent.cli import main

main()
