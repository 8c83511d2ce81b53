"""Simulated households on the real hub: people of ``simulate`` living with the pipeline of ``replay``.

``life`` lives one household and tells the truth of every turn, ``population`` lives many of them on all
cores, ``summary`` counts.
"""
