"""The home and its turns as plain documents, for the control socket, ``--json`` and tables.

In: a context view or a turn record. Out: dictionaries of JSON values. Decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.ports import ContextView
    from hubagent.types import Entity, Hypothesis, Resolution, Rewrite, TurnRecord


def device_document(view: ContextView, entity: Entity) -> dict[str, Any]:
    """Return one entity with its place, state and what it can do."""
    state = view.state(entity.entity_id)
    area_id = view.area_of(entity.entity_id)
    areas = {area.area_id: area.name for area in view.areas()}
    devices = {device.device_id: device for device in view.devices()}
    device = devices.get(entity.device_id) if entity.device_id is not None else None
    return {
        "entity_id": entity.entity_id,
        "name": entity.name,
        "area": areas.get(area_id) if area_id is not None else None,
        "device": device.name if device is not None else None,
        "model": f"{device.manufacturer} {device.model}".strip() if device is not None else "",
        "domain": entity.domain,
        "device_class": entity.device_class,
        "category": entity.category,
        "state": state.state,
        "unit": entity.unit,
        "attributes": dict(state.attributes),
        "available": state.available,
        "changed_at_s": state.changed_at_s,
        "heard_at_s": state.heard_at_s,
        "commands": list(view.commands_of(entity.entity_id)),
        "source": entity.source,
    }


def device_documents(view: ContextView) -> Iterator[dict[str, Any]]:
    """Yield every entity, by area and then by name."""
    documents = [device_document(view, entity) for entity in view.entities()]
    yield from sorted(documents, key=lambda row: (row["area"] or "~", row["name"].lower()))


def turn_document(record: TurnRecord) -> dict[str, Any]:
    """Return a turn with what every stage saw and chose."""
    understanding = record.understanding
    return {
        "id": record.utterance.turn_id,
        "text": record.utterance.text,
        "area": record.utterance.area_id,
        "device": record.utterance.device,
        "heard_at_s": record.utterance.heard_at_s,
        "decision": record.decision.value,
        "intent": record.intent,
        "response": record.response,
        "listen": record.listen,
        "out_of_scope": None if understanding is None else understanding.out_of_scope,
        "clauses": []
        if understanding is None
        else [
            {
                "start": clause.start,
                "end": clause.end,
                "hypotheses": [_hypothesis_document(item) for item in clause.hypotheses],
            }
            for clause in understanding.clauses
        ],
        "resolutions": [_resolution_document(item) for item in record.resolutions],
        "outcomes": [
            {
                "entity_id": outcome.command.entity_id,
                "command": outcome.command.command,
                "data": dict(outcome.command.data),
                "outcome": outcome.kind.value,
                "waited_s": round(outcome.waited_s, 3),
            }
            for outcome in record.outcomes
        ],
        "notes": [
            {"stage": note.stage, "saw": note.saw, "chose": note.chose, "ms": round(note.ms, 2)}
            for note in record.notes
        ],
        "rewrite": rewrite_document(record.rewrite),
        "ms": round(record.ms, 2),
    }


def rewrite_document(rewrite: Rewrite | None) -> dict[str, Any] | None:
    """Return what words were taken for, or would have been: ``arm`` says which."""
    if rewrite is None:
        return None
    return {
        "source": rewrite.source,
        "target": rewrite.target,
        "layer": rewrite.layer.value,
        "online": rewrite.online,
        "arm": rewrite.arm.value,
        "propensity": rewrite.propensity,
        "score": round(rewrite.score, 4),
        "table": rewrite.table,
        "features": {name: round(value, 3) for name, value in rewrite.features},
    }


def _hypothesis_document(hypothesis: Hypothesis) -> dict[str, Any]:
    return {
        "intent": hypothesis.intent,
        "probability": round(hypothesis.probability, 4),
        "slots": {slot.name: slot.text for slot in hypothesis.slots} | dict(hypothesis.implied),
    }


def _resolution_document(resolution: Resolution) -> dict[str, Any]:
    return {
        "decision": resolution.decision.value,
        "intent": resolution.intent,
        "targets": list(resolution.targets),
        "reason": resolution.reason,
        "due_s": resolution.due_s,
        "facts": dict(resolution.facts),
        "candidates": [
            {
                "entity_ids": list(candidate.entity_ids),
                "score": round(candidate.score, 3),
                "features": {name: round(value, 3) for name, value in candidate.features},
            }
            for candidate in resolution.candidates[:5]
        ],
    }
