"""The web application: plain JSON and PNG over the models, and the page's own files. Nothing leaves this machine."""

import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from genrep.errors import UserError
from genrep.explore.model import ExploredModel
from genrep.explore.runs import Skipped, TrainedRun

STATIC = Path(__file__).with_name("static")
REPORT = Path("report.html")
LOOPBACK = ["127.0.0.1", "localhost"]  # names of this machine; no other page may reach it through DNS
BODY = 2**20  # bytes of a request

Endpoint = Callable[[Request], Awaitable[Response]]


class DecodeRequest(BaseModel):
    """What is asked to be decoded; limits that depend on the model are the model's."""

    model_config = ConfigDict(extra="forbid")

    run: str
    z: list[list[float]]
    labels: Annotated[list[int], Field(min_length=1)] = [0]
    epoch: int | None = None


class Unknown(UserError):
    """A run that is not there."""


def make_app(runs: list[TrainedRun], skipped: list[Skipped]) -> Starlette:
    """The application over these runs."""
    opened = {run.id: ExploredModel(run) for run in runs}

    def model(name: str | None) -> ExploredModel:
        if name not in opened:
            raise Unknown(f"there is no run {name!r} here; reload the page")
        return opened[name]

    async def listing(request: Request) -> Response:
        return JSONResponse(
            {
                "runs": [
                    {"id": run.id, "title": run.title, "latent": opened[run.id].latent, "told": run.told}
                    for run in runs
                ],
                "skipped": [{"id": s.id, "reason": s.reason} for s in skipped],
                "report": REPORT.is_file(),
            }
        )

    async def describe(request: Request) -> Response:
        found = model(request.query_params.get("run"))
        return JSONResponse(await run_in_threadpool(found.describe))

    async def points(request: Request) -> Response:
        found = model(request.query_params.get("run"))
        z, labels = await run_in_threadpool(lambda: found.points)
        return JSONResponse({"points": z.double().numpy().round(4).tolist(), "labels": labels.tolist()})

    async def directions(request: Request) -> Response:
        found = model(request.query_params.get("run"))
        vectors = await run_in_threadpool(lambda: found.directions)
        return JSONResponse({"directions": vectors.round(6).tolist()})

    async def decode(request: Request) -> Response:
        asked = DecodeRequest.model_validate_json(await _body(request))
        images = await run_in_threadpool(model(asked.run).decode, asked.z, asked.labels, asked.epoch)
        return Response(png(images), media_type="image/png", headers={"Cache-Control": "no-store"})

    async def report_page(request: Request) -> Response:
        """Snakemake's report, or the verdicts on the claims of a run's replication."""
        name = request.query_params.get("run")
        path = REPORT if name is None else model(name).run.report
        if not path.is_file():
            raise Unknown(f"{path} does not exist; run: genrep smoke")
        return FileResponse(path)

    async def index(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    return Starlette(
        routes=[
            Route("/", index),
            Route("/api/runs", listing),
            Route("/api/model", answering(describe)),
            Route("/api/points", answering(points)),
            Route("/api/directions", answering(directions)),
            Route("/api/decode", answering(decode), methods=["POST"]),
            Route("/report", answering(report_page)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=LOOPBACK)],
    )


def answering(endpoint: Endpoint) -> Endpoint:
    """Turn mistakes of the request, and models that cannot be loaded, into one line of JSON."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Unknown as error:
            return JSONResponse({"error": str(error)}, status_code=404)
        except UserError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        except ValidationError as error:
            problem: Any = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"])
            message = f"{where}: {problem['msg']}" if where else problem["msg"]
            return JSONResponse({"error": message}, status_code=422)

    return answer


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY:
            raise UserError(f"a request may have {BODY:,} bytes")
        parts.append(part)
    return b"".join(parts)


def png(images: np.ndarray) -> bytes:
    """(N, C, H, W) uint8 side by side, as a PNG."""
    row = np.concatenate(list(images), axis=2)  # (C, H, N W)
    picture = Image.fromarray(row[0] if len(row) == 1 else np.ascontiguousarray(row.transpose(1, 2, 0)))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
