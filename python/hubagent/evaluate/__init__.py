"""Data in, tables out: how well the hub understands, acts, and leaves alone.

``nlu`` scores the model on public sentences, ``elsewhere`` counts what moves a device although it is not
about the home, ``home`` replays homes with what is said in them, ``compare`` sets a run beside an
earlier one. Every figure is computed on the files that a hub would load.
"""

from hubagent.evaluate.nlu import (
    REFUSED_BELOW,
    NluReport,
    NluScores,
    PeerScores,
    parse_records,
    read_rows,
    run_nlu,
    slot_f1,
)

__all__ = ["REFUSED_BELOW", "NluReport", "NluScores", "PeerScores", "parse_records", "read_rows",
           "run_nlu", "slot_f1"]  # fmt: skip
