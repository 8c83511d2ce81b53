"""Offline training of the understanding model: data sets in, one int8 model and its manifest out.

Order of the steps: ``datasets`` and ``homes`` make examples in the one catalogue, ``noise`` spoils
some of them as recognisers and fingers do, ``vocabulary`` prunes the pieces, ``encoder`` is the
network, ``loop`` trains it, ``export`` quantizes and measures it. Only the last three need torch;
nothing here is needed on a hub.
"""
