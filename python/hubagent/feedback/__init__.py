"""What people do after a turn, kept and judged: the journal, signals, and how likely it went wrong.

journal -> signals (watch) -> soft labels (labels) -> defect models (defect).
"""
