"""A home that is not there: devices of every kind, behaving and speaking MQTT like real ones.

In: a home as data (``home.py``) and commands on MQTT topics. Out: discovery, states and
availability on MQTT topics, and the devices' own truth. Must not import a stage; only the wiring,
tests and benchmarks use it.
"""
