"""The HTTP application: its routes and how it is assembled.

Handlers are plain functions, which run in threads: a search is work for the processor, not for the
loop.
"""

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
from languages.constraints.tables import load_constraint_tables
from languages.lexicon_match import load_lexicons
from languages.locale import LANGUAGES
from search.cursor import parse
from search.engine import Engine
from search.engine_pool import EnginePool
from search.http.problems import MEDIA_TYPE, add_problem_handlers
from search.http.request_middleware import RequestMiddleware, add_to_log
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
from search.serve_settings import ServeSettings
from search.storefront.storefront import add_storefront

DESCRIPTION = (
    "Multilingual product search. Amounts are in minor units; unknown values are left out; "
    "errors are RFC 9457 problems."
)
"""The description of the API in ``/openapi.json``."""

THREADS = 4
"""Searches at the same time in one worker. They hold the interpreter lock most of the time, so more
of them only wait for one another, each with its candidates in memory. Fewer would leave the indexes
idle, which release the lock."""


async def _engine_pool(request: Request) -> EnginePool:
    engine_pool: EnginePool = request.app.state.engine_pool
    return engine_pool


Pool = Annotated[EnginePool, Depends(_engine_pool)]
ListingId = Annotated[str, Path(max_length=ID_MAX, openapi_examples={"of the sample": {"value": "L00000000"}})]
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
router = APIRouter(responses={"default": {"description": "A problem, by RFC 9457.", **_PROBLEM}})


@router.post("/v1/search", response_model_exclude_none=True)
def search(
    request: Request,
    body: Annotated[SearchRequest, Body(openapi_examples={name: {"value": one} for name, one in EXAMPLES.items()})],
    engine_pool: Pool,
) -> SearchResponse:
    """The page a query asks for, in the order this buyer sees it."""
    add_to_log(request, query=body.query, locale=body.locale)
    query = query_from_search(body, int(time.time()))
    generation = None if query.cursor is None else parse(query.cursor, query).generation
    response = search_response(engine_pool.engine_for(generation).search(query), body.explain)
    add_to_log(
        request,
        country=response.understood.country,
        found=response.found,
        eligible=response.eligible,
        results=len(response.results),
        generation=response.generation,
        ms=response.milliseconds,
    )
    if response.degraded:
        add_to_log(request, degraded=response.degraded)
    return response


@router.get("/v1/listings/{listing_id:path}/similar", response_model_exclude_none=True)
def similar(
    request: Request, listing_id: ListingId, parameters: Annotated[SimilarParameters, Query()], engine_pool: Pool
) -> SimilarResponse:
    """Listings nearest in meaning to this one that the buyer could be shown, without other offers
    of its group.
    """
    query = query_from_buyer(parameters, int(time.time()))
    response = similar_response(engine_pool.current().similar(listing_id, query), parameters.explain)
    add_to_log(
        request,
        locale=parameters.locale,
        country=response.country,
        results=len(response.results),
        ms=response.milliseconds,
    )
    return response


@router.get("/v1/listings/{listing_id:path}", response_model_exclude_none=True)
def listing(
    request: Request, listing_id: ListingId, buyer: Annotated[Buyer, Query()], engine_pool: Pool
) -> ListingResponse:
    """One listing as this buyer sees it, also where it is sold out or does not ship there."""
    add_to_log(request, locale=buyer.locale, country=buyer.country)
    query = query_from_buyer(buyer, int(time.time()))
    engine = engine_pool.current()
    result = engine.listing(listing_id, query)
    return listing_response(result, query.locale, engine.snapshot.manifest.generation)


@router.get("/v1/markets")
def markets(engine_pool: Pool) -> MarketsResponse:
    """The countries that are shipped to, and the currencies that buyers can pay in."""
    tables = engine_pool.current().snapshot.tables
    return MarketsResponse(
        markets=tuple(
            MarketModel(country=code, currency=market.currency, locale=str(market.locale), languages=market.languages)
            for code, market in sorted(tables.markets.items())
        ),
        currencies=tuple(sorted({tables.rates.base, *tables.rates.per_base})),
    )


@router.get("/healthz")
async def healthz() -> Alive:
    """The process is alive."""
    return Alive(status="alive")


@router.get("/readyz", response_model_exclude_none=True)
async def readyz(engine_pool: Pool) -> Ready:
    """A snapshot is open, and the encoder and an index answer.

    In a thread of its own: a full pool must not look dead.
    """
    engine, unavailable = await to_thread.run_sync(_check, engine_pool, limiter=anyio.CapacityLimiter(1))
    manifest = engine.snapshot.manifest
    refusal = engine_pool.refusal
    return Ready(
        status="ready",
        generation=manifest.generation,
        listings=manifest.listings,
        encoder=manifest.encoder,
        degraded=(*unavailable, "facts") if engine_pool.facts_stale else unavailable or None,
        refused=None if refusal is None else Refused.of(refusal.generation, refusal.error),
    )


def _check(engine_pool: EnginePool) -> tuple[Engine, tuple[Index, ...]]:
    engine = engine_pool.probe_encoder()
    return engine, engine.probe_indexes()


def create_app(engine_pool: EnginePool) -> FastAPI:
    """The application over an engine pool; it starts the pool, and closes it when it ends."""
    app = FastAPI(
        title="Fondaco", version=version("fondaco"), lifespan=_lifespan, docs_url=None, redoc_url=None
    )  # both pages load scripts from other hosts
    app.state.engine_pool = engine_pool
    app.include_router(router)
    add_storefront(app)
    app.add_middleware(RequestMiddleware)
    add_problem_handlers(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def create_worker() -> FastAPI:
    """The application of a worker process, with the settings in its environment."""
    settings = ServeSettings.from_environment()
    threads = set_threads(settings.threads)
    return create_app(
        EnginePool(
            settings.snapshot,
            encoder=settings.encoder,
            threads=threads,
            relevance=settings.relevance,
            synonyms=settings.synonyms,
        )
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine_pool: EnginePool = app.state.engine_pool
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    await to_thread.run_sync(engine_pool.start)
    await to_thread.run_sync(load_lexicons, LANGUAGES)  # so that the first query waits for nothing
    await to_thread.run_sync(load_constraint_tables)
    yield
    await to_thread.run_sync(engine_pool.close)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with the problem that every path may respond with."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes, description=DESCRIPTION)
        template = "#/components/schemas/{model}"
        models = schema["components"]["schemas"]
        problem = Problem.model_json_schema(ref_template=template)
        models.update(problem.pop("$defs"))
        models["Problem"] = problem
        app.openapi_schema = schema
    return app.openapi_schema
