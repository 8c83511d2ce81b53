"""Mentions to entities, readings ranked with context; act, ask, or refuse with the reason.

The order of the work: ``mention`` (what was said) -> ``places`` and ``names`` (what fits) ->
``ground`` (sets of entities with features) -> ``settings`` (data of the commands) -> ``rank`` and
``resolver`` (the choice). ``questions`` answers from the state. Words, intents and weights are data.
"""
