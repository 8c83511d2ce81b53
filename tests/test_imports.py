"""The import graph of ARCHITECTURE: stages stand alone, wiring joins them."""

from __future__ import annotations

import ast
from pathlib import Path

import hubagent

ROOT = Path(hubagent.__path__[0])
SHARED = {"types", "evidence", "errors", "clock", "ports", "config", "wire"}
STAGES = {
    "mqtt", "devices", "context", "understand", "rewrite", "resolve", "act", "dialogue",
    "feedback", "learn", "sync", "simulate", "upstream", "serve", "bridge",
}  # fmt: skip
SHARED_MAY_IMPORT = {
    "types": set(),
    "evidence": {"types"},
    "errors": set(),
    "clock": set(),
    "config": {"types", "errors"},
    "ports": {"types", "evidence", "errors"},
    "wire": {"errors"},
}
# Outside the package: who alone may import what.
KEEPERS = {
    "hubagent._core": {
        "context",
        "rewrite/index.py",
        "learn/chain.py",
        "learn/words.py",
        "bridge/frames.py",
    },
    "onnxruntime": {"understand/model.py", "training/export.py"},
    "paho": {"mqtt/client.py", "simulate/client.py"},
    "serial": {"bridge/lines.py"},
    "torch": {"training"},
    "zstandard": {"wire.py"},
    "typer": {"cli", "reference.py"},
}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found.update(f"{module}.{alias.name}" for alias in node.names)
            found.add(module)
    return found


def _modules() -> list[tuple[str, Path]]:
    return [(str(path.relative_to(ROOT)), path) for path in sorted(ROOT.rglob("*.py"))]


def _parts_of(imports: set[str]) -> set[str]:
    """Return the first name below ``hubagent`` of each import of ours."""
    return {name.split(".")[1] for name in imports if name.startswith("hubagent.")}


def _violations(name: str, imports: set[str]) -> list[str]:
    first = name.split("/")[0].removesuffix(".py")
    ours = _parts_of(imports)
    if first in SHARED:
        return sorted(ours - SHARED_MAY_IMPORT[first] - {first})
    if first in STAGES:
        return sorted(ours - SHARED - {first, "_core", "__version__"})
    if first in {"pipeline", "learning"}:
        return sorted(ours & {"cli", "daemon", "web", "evaluate"})
    if first in {"cli", "reference", "__main__"}:
        return sorted(ours & STAGES)
    return sorted(ours & {"cli"})


def test_no_module_imports_what_it_may_not() -> None:
    wrong = {name: bad for name, path in _modules() if (bad := _violations(name, _imports(path)))}
    assert wrong == {}


def test_each_outside_library_has_its_keeper() -> None:
    wrong = [
        (name, library)
        for name, path in _modules()
        for library, keepers in KEEPERS.items()
        if any(item == library or item.startswith(f"{library}.") for item in _imports(path))
        and not any(name == keeper or name.startswith(f"{keeper}/") for keeper in keepers)
    ]
    assert wrong == []


def test_the_rule_catches_a_stage_that_imports_another() -> None:
    assert _violations("resolve/rank.py", {"hubagent.understand.decode"}) == ["understand"]
    assert _violations("types.py", {"hubagent.errors"}) == ["errors"]
    assert _violations("cli/hub.py", {"hubagent.act.plan"}) == ["act"]


def test_every_top_level_module_has_a_place_in_the_plan() -> None:
    wiring = {"pipeline", "learning", "judging", "sharing", "receiving", "brain", "daemon", "cli", "evaluate", "control", "service", "demo",
              "chat", "memory", "replay", "households", "explain", "present", "doctor", "reference", "training",
              "whereabouts", "unlearning", "fleet", "mapping"}  # fmt: skip
    found = {name.split("/")[0].removesuffix(".py") for name, _ in _modules()}
    assert found - {"__init__", "__main__", "models"} <= SHARED | STAGES | wiring
