"""What somebody of the home agreed to: the words, their version, when, and for which service.

A change of what is sent is a new ``VERSION``; until the home agrees to that too, nothing is sent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

VERSION = 1
TEXT = """\
If you agree, this hub tells {service} once a day which kinds of requests went wrong here and which were
said next and worked, so that the hubs of others need not fail on the same.

What is sent: at most 20 sentences a week, each said at least twice on two days after you agreed, in words that
anybody says. What things, rooms and people are called, numbers, times and titles are taken out before, and
a sentence in which anything unknown is left twice is not sent. With each: how often (up to 3), whether
it was said again, broken off or accepted, and whether a rule of other homes had been used. Besides, how many
requests came to nothing.
What is not sent: recordings, names, times of day, states of devices, messages, lists, or an id. While it takes
what is sent, the service knows which hub sends and from which internet address; it keeps the sentences
under a name that holds for one week.

`hubagent sync preview` shows the very bytes; `hubagent sync off --erase` ends it, deletes what waits here, and
has the service delete what it has of the weeks that are still open. What was added up with the sentences of
others before cannot be taken back.
"""


@dataclass(frozen=True, slots=True)
class Consent:
    """One decision of the home."""

    agreed: bool
    at_s: float
    version: int
    """Version of the text that was shown; 0 for a refusal."""
    digest: str
    """SHA-256 of that text, with the service in it."""
    service: str

    def holds_for(self, service: str) -> bool:
        """Return whether it agrees to today's text for this service."""
        return self.agreed and self.digest == digest_of(service) and self.service == service


def text_for(service: str) -> str:
    """Return what is agreed to."""
    return TEXT.format(service=service)


def digest_of(service: str) -> str:
    """Return the SHA-256 of what is agreed to, in hex."""
    return hashlib.sha256(text_for(service).encode()).hexdigest()
