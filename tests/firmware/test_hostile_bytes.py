"""A short run of each fuzzer, and the C tests under valgrind; `make -C firmware_bridge fuzz` runs for long."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from pathlib import Path

import fuzz_seeds
import pytest
from compilers import FIRMWARE, LIBRARY, UPDATE, build, monocypher
from make_vectors import BOARD, _key
from sign_image import image, public_key

FUZZ = ["-g", "-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"]
RUNTIME = f"libclang_rt.fuzzer-{platform.machine()}.a"
WATCHED = ["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full"]


def _can_fuzz() -> bool:
    if shutil.which("clang") is None:
        return False
    command = ["clang", f"-print-file-name={RUNTIME}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return Path(said.strip()).is_absolute()


@pytest.mark.parametrize("target", ["frames", "device"])
def test_a_fuzzer_finds_nothing_in_a_short_run(tmp_path: Path, target: str) -> None:
    if not _can_fuzz():
        pytest.skip("clang or the runtime of its fuzzer is not installed")
    fuzz_seeds.main(tmp_path / "seeds")
    source = FIRMWARE / "tests" / f"fuzz_{target}.c"
    sources = source, *LIBRARY, *UPDATE, *monocypher()
    program = build(tmp_path / target, *sources, compiler="clang", flags=FUZZ)
    command = [str(program), "-runs=20000", "-seed=1", "-max_len=4096"]
    done = subprocess.run(
        [*command, f"-artifact_prefix={tmp_path}/", str(tmp_path / "seeds" / target)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 20000 runs" in done.stderr


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_valgrind_sees_nothing_in_reading_frames(tmp_path: Path) -> None:
    vectors = json.loads((FIRMWARE / "vectors.json").read_text("utf-8"))
    lines = b"".join(bytes.fromhex(it["line"]) for it in vectors["broken"] + vectors["frames"])
    sources = FIRMWARE / "tests" / "frames.c", FIRMWARE / "src" / "hub_frame.c"
    program = build(tmp_path / "frames", *sources, flags=["-g", "-O1"])
    done = subprocess.run(
        [*WATCHED, str(program)], input=lines, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    assert len(done.stdout.splitlines()) == len(vectors["frames"])


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_valgrind_sees_nothing_in_an_update(tmp_path: Path) -> None:
    key = _key(tmp_path, 1)
    for version in ("1.0.0", "2.0.0"):
        (tmp_path / version).write_bytes(image(version.encode() * 40, BOARD, version, key))
    source = FIRMWARE / "tests" / "power.c"
    program = build(
        tmp_path / "power", source, *LIBRARY, *UPDATE, *monocypher(), flags=["-g", "-O1"]
    )
    images = [str(tmp_path / "1.0.0"), str(tmp_path / "2.0.0")]
    command = [*WATCHED, str(program), public_key(key).hex(), *images, "healthy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "courses" in done.stdout
