"""Understanding: from the words of a request to readings with probabilities.

``normalise`` prepares the text, ``encode`` cuts it into pieces, ``model`` runs the network,
``decode`` turns its numbers into spans and readings, ``calibrate`` makes the probabilities honest,
``catalogue`` names what can be said, ``values`` reads amounts, times and colours,
``understander`` puts it together. Nothing here knows a home: names are matched in ``resolve``.
"""
