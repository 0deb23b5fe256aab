"""``fondaco serve``: the snapshot over HTTP, from one process or several."""

from __future__ import annotations

import logging
import os
import socket
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fastapi import FastAPI

    from search.engine_pool import EnginePool
    from search.serve_settings import ServeSettings

_STOP_S = 10  # a search takes milliseconds: what runs longer than this hangs
_START_S = 120  # a worker that opens a large model does not answer its parent meanwhile
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def serve(
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is all of them.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free port.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes; they share the snapshot's memory.")] = 1,
    encoder: Annotated[str | None, typer.Option(help="Default: the one the snapshot was built with.")] = None,
    relevance: Annotated[
        Path | None, typer.Option(help="A relevance model that fondaco fit wrote. Default: Fondaco's own.")
    ] = None,
    synonyms: Annotated[
        Path | None, typer.Option(help="A folder of synonyms, a file a language: de.txt, pt-BR.txt.")
    ] = None,
    log_level: Annotated[LogLevel, typer.Option(help="The least severe level that is logged.")] = LogLevel.INFO,
) -> None:
    """Serve a snapshot over HTTP, following its newest generation."""
    from indexer.snapshot.generations import current_generation
    from indexer.threads import set_threads, usable_cores
    from search.serve_settings import ServeSettings

    port = free_port(host, port)  # first: what follows takes seconds
    threads = set_threads(max(1, usable_cores() // workers))
    settings = ServeSettings(
        snapshot.resolve(),
        encoder,
        threads,
        log_level.value,
        relevance.resolve() if relevance else None,
        synonyms.resolve() if synonyms else None,
    )
    configure_logging(log_level.value)
    generation = current_generation(settings.snapshot)
    engine_pool = None
    if workers == 1:
        engine_pool = open_engine_pool(settings)
    else:
        _check_in_a_process(settings)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(
        f"Fondaco serves {snapshot} from generation {generation} at http://{shown}:{port}, "
        f"workers: {workers}, threads of each: {threads}; Ctrl-C stops it"
    )
    _run(settings, engine_pool, host, port, workers)


def configure_logging(level: str) -> None:
    """Log to standard error, from a level on."""
    from indexer.logs import quiet_libraries

    logging.basicConfig(level=level.upper(), format=_FORMAT)
    quiet_libraries()


def free_port(host: str, port: int) -> int:
    """The port, once it is known to be free; for 0 a free one.

    Raises:
        OSError: this machine does not have the address, or the port is taken; the message says
            which.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise OSError(f"cannot listen at {host}:{port}: {error.strerror}; give another --port or --host") from None


def open_engine_pool(settings: ServeSettings) -> EnginePool:
    """The engines, open.

    What would keep a worker from serving is reported once, before any worker starts.

    Raises:
        FondacoError: there is no snapshot, or another encoder made it.
        InvalidSynonyms: the synonyms break a rule.
    """
    from search.engine_pool import EnginePool

    engine_pool = EnginePool(
        settings.snapshot,
        encoder=settings.encoder,
        threads=settings.threads,
        relevance=settings.relevance,
        synonyms=settings.synonyms,
    )
    engine_pool.open()
    return engine_pool


def _check_in_a_process(settings: ServeSettings) -> None:
    """The same in its own process, whose memory is free again before the workers open theirs."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        process.submit(_check, settings).result()


def _check(settings: ServeSettings) -> None:
    from indexer.logs import quiet_libraries

    quiet_libraries()
    open_engine_pool(settings)


def worker_app() -> FastAPI:
    """The application of a worker process, with its own log."""
    from search.http.app import create_worker
    from search.serve_settings import ServeSettings

    configure_logging(ServeSettings.from_environment().log_level)
    return create_worker()


def _run(settings: ServeSettings, engine_pool: EnginePool | None, host: str, port: int, workers: int) -> None:
    import uvicorn

    from search.http.app import create_app

    os.environ.update(settings.to_environment())
    uvicorn.run(
        f"{__name__}:{worker_app.__name__}" if engine_pool is None else create_app(engine_pool),
        factory=engine_pool is None,
        host=host,
        port=port,
        workers=workers,
        log_config=None,  # the root logger's, set above
        access_log=False,  # the request middleware writes a line a request
        server_header=False,
        timeout_graceful_shutdown=_STOP_S,
        timeout_worker_healthcheck=_START_S,
    )
