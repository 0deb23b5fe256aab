"""App: the HTTP door, assembled. Handlers are plain functions: a search is work for the processor, not for the loop."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Body, Depends, FastAPI, Path, Query, Request
from fastapi.openapi.utils import get_openapi

from indexer.listing import ID_MAX
from indexer.threads import set_threads
from languages.lexicon_match import load_lexicons
from languages.locale import LANGUAGES
from search.cursor import parse
from search.engine import Engine
from search.engine_pool import EnginePool, ServeSettings
from search.http.problems import MEDIA_TYPE, install
from search.http.request_middleware import RequestMiddleware, note
from search.http.translate import (
    listing_response,
    query_from_buyer,
    query_from_search,
    search_response,
    similar_response,
)
from search.http.wire import (
    EXAMPLES,
    Alive,
    Buyer,
    ListingResponse,
    MarketModel,
    MarketsResponse,
    Problem,
    Ready,
    Refused,
    SearchRequest,
    SearchResponse,
    SimilarParameters,
    SimilarResponse,
)
from search.page import Index
from search.storefront.storefront import add_storefront

THREADS = 4
"""Searches at once in one worker. They hold the interpreter most of the time, so more only wait on one another, each
with its candidates in memory; fewer would leave the indexes idle, which work without the interpreter."""


async def _engines(request: Request) -> EnginePool:
    engines: EnginePool = request.app.state.engines
    return engines


Opened = Annotated[EnginePool, Depends(_engines)]
ListingId = Annotated[str, Path(max_length=ID_MAX, openapi_examples={"of the sample": {"value": "L00000000"}})]
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
router = APIRouter(responses={"default": {"description": "A problem, by RFC 9457.", **_PROBLEM}})


@router.post("/v1/search", response_model_exclude_none=True)
def search(
    request: Request,
    asked: Annotated[SearchRequest, Body(openapi_examples={name: {"value": one} for name, one in EXAMPLES.items()})],
    engines: Opened,
) -> SearchResponse:
    """The page a query asks for, in the order this buyer sees it."""
    note(request, query=asked.query, locale=asked.locale)
    query = query_from_search(asked, int(time.time()))
    engine = engines.engine_for(None if query.cursor is None else parse(query.cursor, query).generation)
    answer = search_response(engine.search(query), asked.explain)
    counts = {"found": answer.found, "eligible": answer.eligible, "results": len(answer.results)}
    note(request, country=answer.understood.country, **counts, generation=answer.generation, ms=answer.milliseconds)
    if answer.degraded:
        note(request, degraded=answer.degraded)
    return answer


@router.get("/v1/listings/{listing_id:path}/similar", response_model_exclude_none=True)
def similar(
    request: Request, listing_id: ListingId, asked: Annotated[SimilarParameters, Query()], engines: Opened
) -> SimilarResponse:
    """Listings nearest in meaning to this one that the buyer could be shown; other offers of the same are left out."""
    query = query_from_buyer(asked, int(time.time()))
    answer = similar_response(engines.current().similar(listing_id, query), asked.explain)
    note(request, locale=asked.locale, country=answer.country, results=len(answer.results), ms=answer.milliseconds)
    return answer


@router.get("/v1/listings/{listing_id:path}", response_model_exclude_none=True)
def listing(
    request: Request, listing_id: ListingId, asked: Annotated[Buyer, Query()], engines: Opened
) -> ListingResponse:
    """One listing as this buyer sees it, also where it is sold out or not delivered to them."""
    note(request, locale=asked.locale, country=asked.country)
    query = query_from_buyer(asked, int(time.time()))
    engine = engines.current()
    result = engine.listing(listing_id, query)
    return listing_response(result, query.locale, engine.snapshot.manifest.generation)


@router.get("/v1/markets")
def markets(engines: Opened) -> MarketsResponse:
    """The countries that are delivered to, and the currencies that can be paid in."""
    tables = engines.current().snapshot.tables
    return MarketsResponse(
        markets=tuple(
            MarketModel(country=code, currency=market.currency, locale=str(market.locale), languages=market.languages)
            for code, market in sorted(tables.markets.items())
        ),
        currencies=tuple(sorted({tables.rates.base, *tables.rates.per_base})),
    )


@router.get("/healthz")
async def healthz() -> Alive:
    """The process lives."""
    return Alive(status="alive")


@router.get("/readyz", response_model_exclude_none=True)
async def readyz(engines: Opened) -> Ready:
    """A snapshot is open, the encoder and an index answer. In a thread of its own: a full pool must not look dead."""
    engine, away = await to_thread.run_sync(_checked, engines, limiter=anyio.CapacityLimiter(1))
    manifest, refusal = engine.snapshot.manifest, engines.refusal
    return Ready(
        status="ready",
        generation=manifest.generation,
        listings=manifest.listings,
        encoder=manifest.encoder,
        degraded=(*away, "facts") if engines.facts_stale else away or None,
        refused=None if refusal is None else Refused.of(refusal.generation, refusal.error),
    )


def _checked(engines: EnginePool) -> tuple[Engine, tuple[Index, ...]]:
    engine = engines.check()
    return engine, engine.check()


def create_app(engines: EnginePool) -> FastAPI:
    """The application over these engines; it starts them, and stops them when it ends."""
    app = FastAPI(
        title="Fondaco", version=version("fondaco"), lifespan=_life, docs_url=None, redoc_url=None
    )  # both pages fetch their scripts from elsewhere
    app.state.engines = engines
    app.include_router(router)
    add_storefront(app)
    app.add_middleware(RequestMiddleware)
    install(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def create_worker() -> FastAPI:
    """The application of a worker process, by the settings in its environment."""
    settings = ServeSettings.from_environment()
    threads = set_threads(settings.threads)
    return create_app(EnginePool(settings.snapshot, encoder=settings.encoder, threads=threads))


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    engines: EnginePool = app.state.engines
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    await to_thread.run_sync(engines.start)
    await to_thread.run_sync(load_lexicons, LANGUAGES)  # ready means that the first query waits for nothing
    yield
    await to_thread.run_sync(engines.close)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with the problem that every path may answer with."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes, description=__doc__)
        template = "#/components/schemas/{model}"
        models = schema["components"]["schemas"]
        problem = Problem.model_json_schema(ref_template=template)
        models.update(problem.pop("$defs"))
        models["Problem"] = problem
        app.openapi_schema = schema
    return app.openapi_schema
