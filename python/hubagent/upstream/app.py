"""The service over HTTP: requests in, JSON out.

| | |
| --- | --- |
| ``POST /v1/enrol`` | ``{public_key, secret}`` -> 201 ``{hub_id}``, 200 when the key was known |
| ``POST /v1/token`` | ``{hub_id, time, nonce, signature}`` -> 200 ``{token, expires}`` |
| ``POST /v1/batch`` | a batch of the wire, ``Authorization: Bearer`` -> 202 new, 200 had already |
| ``DELETE /v1/epoch/{epoch}`` | ``Authorization: Bearer`` -> 200 ``{deleted}`` rows |
| ``GET /tables/...`` | published tables, static files |
| ``GET /healthz``, ``GET /metrics`` | for the operator; a proxy should not pass them on |

Everything else is answered with ``{error, detail}`` and a status: 400 not readable, 401 not proved, 403 not allowed, 408 too
slow, 409 and 410 not this epoch, 413 too large, 415 other kind or version, 422 not acceptable, 429 and 503 later
(``Retry-After``). Who sends is not logged.
"""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hubagent.upstream.intake import Refused, TokenRequest
from hubagent.upstream.metrics import CONTENT_TYPE as METRICS_TYPE
from hubagent.wire import BATCH, CONTENT_TYPE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request

    from hubagent.upstream.intake import Intake

_JSON_BYTES = 4096
_LAST_S = 1 << 40
"""No clock shows this before the year 36,000."""
_MOST_DIGITS = 9
_BODY_S = 10.0
"""How long a body may take to arrive."""


def make_app(intake: Intake, tables: Path) -> Starlette:
    """Return the application; its lifespan lands what comes in and closes ``intake`` at the end."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        upkeep = asyncio.create_task(intake.upkeep_forever())
        try:
            yield
        finally:
            upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await upkeep
            intake.close()

    routes = [
        Route("/v1/enrol", _counted(intake, "enrol", _enrol), methods=["POST"]),
        Route("/v1/token", _counted(intake, "token", _token), methods=["POST"]),
        Route("/v1/batch", _counted(intake, "batch", _batch), methods=["POST"]),
        Route("/v1/epoch/{epoch}", _counted(intake, "erase", _erase), methods=["DELETE"]),
        Route("/healthz", _counted(intake, "health", _health)),
        Route("/metrics", _counted(intake, "metrics", _metrics)),
        Mount("/tables", StaticFiles(directory=tables)),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _other})


def _counted(
    intake: Intake, what: str, answer: Callable[[Intake, Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that counts how it ended and says no as JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            response = await answer(intake, request)
        except Refused as refused:
            response = _refusal(refused)
        intake.metrics.requests.labels(what, str(response.status_code)).inc()
        return response

    return endpoint


async def _enrol(intake: Intake, request: Request) -> Response:
    match await _document(request):
        case {"public_key": str() as public_key, "secret": str() as secret}:
            hub_id, new = await intake.enrol(public_key, secret)
            return JSONResponse({"hub_id": hub_id}, 201 if new else 200)
    raise Refused(400, "fields", "expected `public_key` and `secret`, both texts")


async def _token(intake: Intake, request: Request) -> Response:
    match await _document(request):
        case {"hub_id": str() as hub_id, "time": int() as time, "nonce": str() as nonce, "signature": str() as signature} if 0 <= time < _LAST_S:  # fmt: skip
            token, expires = await intake.token(TokenRequest(hub_id, time, nonce, signature))
            return JSONResponse({"token": token, "expires": expires})
    raise Refused(400, "fields", "expected `hub_id`, `time`, `nonce` and `signature`")


async def _batch(intake: Intake, request: Request) -> Response:
    hub_id = _sender(intake, request)
    if request.headers.get("content-type") != CONTENT_TYPE:
        raise Refused(415, "type", f"expected content of type `{CONTENT_TYPE}`")
    new = await intake.take(hub_id, await _body(request, BATCH.packed))
    return JSONResponse({"new": new}, 202 if new else 200)


async def _erase(intake: Intake, request: Request) -> Response:
    hub_id = _sender(intake, request)
    epoch = request.path_params["epoch"]
    if not (epoch.isascii() and epoch.isdecimal() and len(epoch) <= _MOST_DIGITS):
        raise Refused(404, "epoch", "an epoch is a number of weeks since 1970")
    return JSONResponse({"deleted": await intake.erase(hub_id, int(epoch))})


async def _health(intake: Intake, _: Request) -> Response:
    await intake.check()
    return JSONResponse({"status": "ok"})


async def _metrics(intake: Intake, _: Request) -> Response:
    return Response(intake.metrics_text(), media_type=METRICS_TYPE)


def _sender(intake: Intake, request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(401, "token", "expected `Authorization: Bearer` with a token")
    return intake.sender(token)


async def _document(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body."""
    data = await _body(request, _JSON_BYTES)
    try:
        found = json.loads(data)
        json.dumps(found, ensure_ascii=False).encode()  # refuses halves of surrogate pairs
    except (ValueError, RecursionError) as error:
        raise Refused(400, "json", "the body is no JSON") from error
    if not isinstance(found, dict):
        raise Refused(400, "json", "the body is no JSON object")
    return found


async def _body(request: Request, most: int) -> bytes:
    """Return the body, which is never read beyond ``most`` bytes."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:20]) > most:
        raise Refused(413, "size", f"the body has more than {most} bytes")
    data = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > most:
                    raise Refused(413, "size", f"the body has more than {most} bytes")
    except TimeoutError as error:
        raise Refused(408, "slow", f"the body took longer than {_BODY_S:.0f} s") from error
    except ClientDisconnect as error:
        raise Refused(400, "cut", "the body was cut") from error
    return bytes(data)


def _refusal(refused: Refused) -> Response:
    headers = {"Retry-After": str(math.ceil(refused.wait_s))} if refused.wait_s else {}
    if refused.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    content = {"error": refused.code, "detail": str(refused), **refused.more}
    return JSONResponse(content, refused.status, headers)


async def _other(_: Request, error: Exception) -> Response:
    """Say in our form what the router refuses."""
    if not isinstance(error, HTTPException):
        raise error
    content = {"error": "http", "detail": error.detail}
    return JSONResponse(content, error.status_code, error.headers)
