"""Devices on serial lines and sockets, carried to the broker and back: see ``docs/firmware.md``."""
