"""The home of ``hubagent demo``: two floors and a garden, something of every kind."""

from __future__ import annotations

from importlib.resources import files

import yaml

from hubagent.simulate.home import HomeModel, load_home


def demo_home() -> HomeModel:
    """Read the demo home from the package."""
    text = files("hubagent.simulate").joinpath("demo_home.yaml").read_text(encoding="utf-8")
    return load_home(yaml.safe_load(text))
