"""The released files are checked before they are used."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import hubagent
from hubagent.errors import ModelError
from hubagent.understand.model import (
    CATALOGUE_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Manifest,
    Model,
)
from hubagent.understand.understander import Understander

RELEASED = Path(hubagent.__path__[0]) / "models"
FILES = (CATALOGUE_FILE, MANIFEST_FILE, MODEL_FILE, TOKENIZER_FILE)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copyfile(RELEASED / name, tmp_path / name)
    return tmp_path


def test_the_released_model_is_small_enough_for_a_hub() -> None:
    assert (RELEASED / MODEL_FILE).stat().st_size <= 20_000_000


def test_the_manifest_names_every_source_with_its_licence() -> None:
    text = (RELEASED / MANIFEST_FILE).read_text()
    for name in ("MiniLM", "HWU64", "SLURP", "Home Assistant", "home-llm", "CLINC150"):
        assert name in text


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_changed_byte_is_noticed(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(ModelError, match="released"):
        Understander.load(copied)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_says_what_to_do(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(ModelError) as caught:
        Understander.load(copied)
    assert caught.value.hint


def test_a_catalogue_with_other_classes_is_refused(copied: Path) -> None:
    path = copied / CATALOGUE_FILE
    path.write_text(path.read_text().replace("light_on =", "lamp_on =", 1))
    with pytest.raises(ModelError, match="other classes"):
        Understander.load(copied)


def test_a_manifest_that_is_no_manifest_is_refused(copied: Path) -> None:
    (copied / MANIFEST_FILE).write_text("[]")
    with pytest.raises(ModelError):
        Manifest.load(copied)


def test_outputs_have_one_row_a_piece_and_do_not_depend_on_what_ran_before() -> None:
    model = Model(RELEASED)
    short, long = [2, 30, 40, 3], [2, *range(60, 90), 3]
    first = model.run(short)
    model.run(long)
    again = model.run(short)
    assert first.slots.shape[0] == first.starts.shape[0] == len(short)
    np.testing.assert_array_equal(first.intent, again.intent)
    assert float(np.linalg.norm(first.embedding)) == pytest.approx(1.0, abs=1e-4)
