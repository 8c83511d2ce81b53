"""The format of the scenario set and the judge of its turns, for ``benchmarks/scenarios.py``."""
