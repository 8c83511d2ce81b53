"""Mentions to entities, readings ranked with context; act, ask, or refuse with the reason.

The order of the work: ``tidy`` (talk aside) -> ``clause_words`` and ``mention`` (what was said) ->
``places`` and ``names`` (what fits) -> ``ground`` (sets of entities with ``features``) -> ``settings``
(data of the commands) -> ``rank`` and ``choose`` (the choice), all called by ``resolver``; ``later``
puts times around it. ``questions`` answers from the state. Words, intents and weights are data.
"""
