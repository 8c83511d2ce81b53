"""What the service takes, keeps, lands and gives back, asked over HTTP by the hub's own client."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from prometheus_client.parser import text_string_to_metric_families
from running import RawHub, batch

from hubagent.sync.client import Identity, RefusedError
from hubagent.upstream.landing import MERGE_AT, bucket_of
from hubagent.upstream.raw import RAW
from hubagent.wire import FAIL, SUCCESS, Batch, Row, Sign, epoch_of, pack

if TYPE_CHECKING:
    from collections.abc import Callable

    from running import Running

    from hubagent.clock import ManualClock

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S


def test_a_hub_enrols_once_and_a_lost_answer_costs_no_use(service: Running) -> None:
    secret, hub = service.secret(uses=1), RawHub(service)
    assert [hub.enrol(secret).status for _ in range(2)] == [201, 200]
    other = RawHub(service).enrol(secret)
    assert (other.status, other.error) == (403, "secret")
    assert RawHub(service).enrol("guessed").status == 403


def test_a_secret_ends(service: Running, clock: ManualClock) -> None:
    secret = service.secret()
    clock.advance(2 * DAY_S)
    assert RawHub(service).enrol(secret).status == 403


def test_a_batch_is_new_once(service: Running, clock: ManualClock) -> None:
    token, body = RawHub(service).token(), batch(clock, 0)
    assert [service.send(token, body).status for _ in range(3)] == [202, 200, 200]
    service.land()
    assert service.send(token, body).status == 200
    service.land()
    assert service.landed().num_rows == 1


def test_what_lands_is_what_was_said(service: Running, clock: ManualClock) -> None:
    rows = (
        Row("turn on the {name}", "switch on the {name}", 3, int(Sign.REPHRASE)),
        Row("lights of", FAIL, 1, int(Sign.TERMINATE), rewritten=True),
        Row("good night", SUCCESS),
    )
    client = service.client()
    assert client.send(pack(Batch(2900, 7, "en-GB", rows)))
    assert client.send(pack(Batch(2900, 8, "en", (), failures=(("act", 2),))))
    service.land()
    landed = service.landed()
    said = ["locale", "src", "dst", "n", "sig", "rewritten"]
    assert [tuple(row[key] for key in said) for row in landed.to_pylist()] == [
        ("en-GB", "good night", "\x01", 1, 0, 0),
        ("en-GB", "lights of", "\x02", 1, 4, 1),
        ("en-GB", "turn on the {name}", "switch on the {name}", 3, 1, 0),
    ]
    assert landed.schema == RAW
    assert set(landed["epoch"].to_pylist()) == {2900}
    assert set(landed["day"].to_pylist()) == {int(clock.now_s() // DAY_S)}
    [hub] = set(landed["hub"].to_pylist())
    [bucket] = set(landed["bucket"].to_pylist())
    assert bucket == bucket_of(bytes.fromhex(hub), 4)


def test_a_hub_is_in_one_bucket_and_has_one_name_a_week(
    service: Running, clock: ManualClock
) -> None:
    identities = [Identity() for _ in range(12)]
    secret = service.secret()
    for seq in range(2):
        for identity in identities:
            service.client(identity, secret).send(batch(clock, seq, f"of {seq}"))
        service.land()
    pairs = {(row["hub"], row["bucket"]) for row in service.landed().to_pylist()}
    assert len(pairs) == len({hub for hub, _ in pairs}) == 12
    assert len({bucket for _, bucket in pairs}) > 1


def test_two_weeks_of_a_hub_have_nothing_in_common(service: Running, clock: ManualClock) -> None:
    client = service.client()
    client.send(batch(clock, 1, "first"))
    clock.advance(WEEK_S)
    client.send(batch(clock, 1, "second"))
    service.land()
    first, second = service.landed().to_pylist()
    assert (first["src"], second["src"]) == ("first", "second")
    assert first["hub"] != second["hub"]
    assert first["seq"] != second["seq"]


def test_the_key_of_a_week_is_destroyed_and_the_week_never_opened_again(
    serve: Callable[..., Running], clock: ManualClock
) -> None:
    service = serve()
    identity, secret = Identity(), service.secret()
    service.client(identity, secret).send(batch(clock, 1))
    path = service.settings.keys_folder / "2900.key"
    key = path.read_bytes()
    clock.advance(WEEK_S)
    service.land()
    assert path.read_bytes() == key  # a hub that was away may still tell
    clock.advance(WEEK_S)
    service.land()
    assert not path.exists()
    state = b"".join(
        file.read_bytes() for file in service.settings.state_dir.rglob("*") if file.is_file()
    )
    assert key not in state
    service = serve()
    for epoch in (2899, 2900):
        with pytest.raises(RefusedError) as caught:
            service.client(identity, secret).send(batch(clock, 2, epoch=epoch))
        assert (caught.value.status, caught.value.code) == (409, "epoch")
    assert service.client(identity, secret).delete(2900) is None
    with sqlite3.connect(service.settings.state_dir / "received.sqlite3") as file:
        assert file.execute("SELECT COUNT(*) FROM seen WHERE epoch = 2900").fetchone() == (0,)
    file.close()


def test_a_key_that_was_lost_closes_its_week(
    serve: Callable[..., Running], clock: ManualClock
) -> None:
    service = serve()
    identity, secret = Identity(), service.secret()
    service.client(identity, secret).send(batch(clock, 1))
    (service.settings.keys_folder / "2900.key").unlink()
    service = serve()
    with pytest.raises(RefusedError, match="closed"):
        service.client(identity, secret).send(batch(clock, 1))
    assert service.client(identity, secret).send(batch(clock, 1, epoch=2901))


def test_nothing_kept_with_the_rows_says_which_hub(service: Running, clock: ManualClock) -> None:
    hub = RawHub(service)
    service.send(hub.token(), batch(clock, 1))
    service.land()
    public = hub.key.public_key().public_bytes_raw()
    for file in service.settings.state_dir.rglob("*"):
        if file.is_file() and not file.name.startswith("registry"):
            data = file.read_bytes()
            for mark in (hub.hub_id.encode(), bytes.fromhex(hub.hub_id), public, public.hex().encode()):  # fmt: skip
                assert mark not in data, file.name


def test_what_a_hub_takes_back_is_gone_waiting_or_landed(
    service: Running, clock: ManualClock
) -> None:
    gone, kept = service.client(), service.client()
    gone.send(batch(clock, 1, "landed", "landed too"))
    kept.send(batch(clock, 1, "kept"))
    service.land()
    gone.send(batch(clock, 2, "waits"))
    assert gone.delete(2900) == 3
    assert service.landed()["src"].to_pylist() == ["kept"]
    assert not gone.send(batch(clock, 2, "waits"))  # nor does it come back
    service.land()
    assert service.landed()["src"].to_pylist() == ["kept"]
    assert gone.delete(2900) == 0


def test_rows_are_taken_back_also_after_the_notes_of_what_landed_were_lost(
    serve: Callable[..., Running], clock: ManualClock
) -> None:
    service = serve()
    identity, secret = Identity(), service.secret()
    service.client(identity, secret).send(batch(clock, 1))
    service.land()
    service.stop()
    for file in service.settings.state_dir.glob("received.sqlite3*"):
        file.unlink()
    service = serve()
    assert service.client(identity, secret).delete(2900) == 1


def test_many_small_files_become_few(service: Running, clock: ManualClock) -> None:
    client = service.client()
    for seq in range(MERGE_AT + 3):
        client.send(batch(clock, seq, f"words {seq}"))
        service.land()
    files = list(service.settings.state_dir.glob("landed/raw/epoch=2900/*/*.parquet"))
    assert len(files) == 1 + 3
    expected = sorted(f"words {seq}" for seq in range(MERGE_AT + 3))
    assert sorted(service.landed()["src"].to_pylist()) == expected
    assert client.delete(2900) == MERGE_AT + 3


def test_rows_are_dropped_after_their_days(service: Running, clock: ManualClock) -> None:
    service.client().send(batch(clock, 1))
    service.land()
    clock.advance(WEEK_S + service.settings.raw_days * DAY_S - 3 * DAY_S)
    service.land()
    assert service.landed().num_rows == 1
    clock.advance(3 * DAY_S)
    service.land()
    assert service.landed().num_rows == 0
    assert not list(service.settings.state_dir.glob("landed/raw/*"))


def test_storage_that_is_away_loses_nothing(service: Running, clock: ManualClock) -> None:
    landed = service.settings.state_dir / "landed"
    landed.write_text("in the way of the folder")
    client = service.client()
    client.send(batch(clock, 1, "one"))
    service.land()
    client.send(batch(clock, 2, "two"))
    landed.unlink()
    service.land()
    assert sorted(service.landed()["src"].to_pylist()) == ["one", "two"]


def test_other_storage_than_the_disk(serve: Callable[..., Running], clock: ManualClock) -> None:
    import fsspec

    service = serve(landing="memory://fleet/landing")
    client = service.client()
    client.send(batch(clock, 1, "one"))
    service.land()
    store = fsspec.filesystem("memory")
    [file] = store.glob("/fleet/landing/raw/epoch=2900/*/*.parquet")
    assert pa.parquet.read_table(store.open(file))["src"].to_pylist() == ["one"]
    assert client.delete(2900) == 1
    store.rm("/fleet", recursive=True)


def test_metrics_say_what_happened_and_of_whom_nothing(
    service: Running, clock: ManualClock
) -> None:
    hub = RawHub(service)
    token = hub.token()
    body = batch(clock, 1, "one", "two", failures=(("act", 5), ("understand", 1)))
    for _ in range(2):
        service.send(token, body)
    service.send("forged", body)
    service.land()
    answer = service.ask("GET", "/metrics")
    found = {
        (
            sample.name.removeprefix("hubagent_upstream_"),
            *sorted(sample.labels.values()),
        ): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }
    assert found["requests_total", "202", "batch"] == 1
    assert found["requests_total", "200", "batch"] == 1
    assert found["requests_total", "401", "batch"] == 1
    assert found["batches_total", "had"] == 1
    assert found["rows_total",] == found["landed_rows_total",] == 2
    assert found["failed_turns_total", "act"] == 5
    assert found["batch_bytes_sum",] == len(body)
    assert (found["waiting_batches",], found["files",]) == (0, 1)
    assert found["landed_timestamp_seconds",] == clock.now_s()
    assert hub.hub_id not in answer.body.decode()


def test_it_is_well_and_serves_tables(service: Running) -> None:
    assert json.loads(service.ask("GET", "/healthz").body) == {"status": "ok"}
    metadata = service.settings.tables_folder / "metadata"
    metadata.mkdir()
    (metadata / "timestamp.json").write_text("{}")
    assert service.ask("GET", "/tables/metadata/timestamp.json").body == b"{}"
    assert service.ask("GET", "/tables/../registry.sqlite3").status == 404
    assert service.ask("GET", "/tables/%2e%2e/registry.sqlite3").status == 404


def test_weeks_beside_this_one_are_taken_and_no_others(
    service: Running, clock: ManualClock
) -> None:
    token, now = RawHub(service).token(), epoch_of(clock.now_s())
    statuses = {d: service.send(token, batch(clock, 1, epoch=now + d)).status for d in range(-2, 3)}
    assert statuses == {-2: 409, -1: 202, 0: 202, 1: 202, 2: 409}
