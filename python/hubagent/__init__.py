"""hubagent: the self-learning brain of a private smart home.

The turn loop, in the order of its stages:
``mqtt -> context -> understand -> resolve -> act``.
"""

from __future__ import annotations

from importlib.metadata import version

__version__ = version("hubagent")
