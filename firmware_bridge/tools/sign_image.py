"""Make a signed image of a firmware, as ``firmware_bridge/README.md`` lays it out.

    openssl genpkey -algorithm ed25519 -out key.pem
    python sign_image.py firmware.bin --key key.pem --board relay-1 --version 1.2.0 --out relay.hubimg

Needs ``openssl`` 3. ``--public`` prints the 32 bytes that the device is built with.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

MAGIC = b"HUBIMG1\0"
_LONGEST = 31


def sign(digest: bytes, key: Path) -> bytes:
    """Return the Ed25519 signature (64 bytes) over ``digest`` by the private key in the file."""
    with tempfile.NamedTemporaryFile() as file:  # openssl reads what it signs raw from a file only
        file.write(digest)
        file.flush()
        command = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", file.name]
        return subprocess.run(command, check=True, capture_output=True).stdout


def public_key(key: Path) -> bytes:
    """Return the 32 bytes a device holds."""
    command = ["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"]
    return subprocess.run(command, check=True, capture_output=True).stdout[-32:]


def image(content: bytes, board: str, version: str, key: Path) -> bytes:
    """Return the image's bytes; raise ``ValueError`` for a board or version that is too long."""
    texts = [text.encode() for text in (board, version)]
    if any(not 0 < len(text) <= _LONGEST for text in texts):
        raise ValueError(f"board and version have 1 to {_LONGEST} bytes")
    said = struct.pack("<I32s32s", len(content), *texts)
    digest = hashlib.sha256(said + content).digest()
    return MAGIC + said + digest + sign(digest, key) + content


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("firmware", type=Path, nargs="?")
    parser.add_argument("--key", type=Path, required=True, help="private key (PEM, Ed25519)")
    parser.add_argument("--board")
    parser.add_argument("--version")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--public", action="store_true", help="print the public key and stop")
    said = parser.parse_args()
    try:
        if said.public:
            print(public_key(said.key).hex())
            return
        if not (said.firmware and said.board and said.version and said.out):
            parser.error("name the firmware, --board, --version and --out")
        made = image(said.firmware.read_bytes(), said.board, said.version, said.key)
        said.out.write_bytes(made)
    except subprocess.CalledProcessError as error:
        sys.exit(f"openssl could not: {error.stderr.decode(errors='replace').strip()}")
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
