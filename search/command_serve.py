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

    from search.engine_pool import EnginePool, ServeSettings

_STOP_S = 10  # a search takes milliseconds: after so long what still runs hangs
_STARTING_S = 120  # a worker that opens a large model does not answer its parent meanwhile
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def serve(
    snapshot: Annotated[Path, typer.Option(help="The snapshot's folder.")],
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes; they share the snapshot's memory.")] = 1,
    encoder: Annotated[str | None, typer.Option(help="Default: the one the snapshot was built with.")] = None,
    log_level: Annotated[LogLevel, typer.Option(help="What the log tells.")] = LogLevel.INFO,
) -> None:
    """Serve a snapshot over HTTP, following its newest generation."""
    from indexer.snapshot.generations import current_generation
    from indexer.threads import set_threads, usable_cores
    from search.engine_pool import ServeSettings

    threads = set_threads(max(1, usable_cores() // workers))
    settings = ServeSettings(snapshot.resolve(), encoder, threads, log_level.value)
    logging.basicConfig(level=log_level.value.upper(), format=_FORMAT)
    generation = current_generation(settings.snapshot)
    port = free_port(host, port)
    engines = None
    if workers == 1:
        engines = check(settings)
    else:
        _check_apart(settings)
    shown = f"[{host}]" if ":" in host else host
    typer.echo(
        f"Fondaco serves {snapshot} from generation {generation} at http://{shown}:{port}, "
        f"workers: {workers}, threads of each: {threads}; Ctrl-C stops it"
    )
    _run(settings, engines, host, port, workers)


def free_port(host: str, port: int) -> int:
    """The port, once it has been seen to be free; for 0 one that is.

    Raises:
        OSError: the address is none of this machine's, or the port is taken; the message says which.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise OSError(f"cannot listen at {host}:{port}: {error.strerror}; give another --port or --host") from None


def check(settings: ServeSettings) -> EnginePool:
    """The engines, open: what would keep a worker from serving is said once, before there are any.

    Raises:
        FondacoError: there is no snapshot, or it is another encoder's.
    """
    from search.engine_pool import EnginePool

    engines = EnginePool(settings.snapshot, encoder=settings.encoder, threads=settings.threads)
    engines.open()
    return engines


def _check_apart(settings: ServeSettings) -> None:
    """The same in a process that ends, and whose memory ends with it: the workers open their own."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        apart.submit(_check_and_forget, settings).result()


def _check_and_forget(settings: ServeSettings) -> None:
    check(settings)


def worker_app() -> FastAPI:
    """The application of a worker process, with a log of its own."""
    from search.engine_pool import ServeSettings
    from search.http.app import create_worker

    logging.basicConfig(level=ServeSettings.from_environment().log_level.upper(), format=_FORMAT)
    return create_worker()


def _run(settings: ServeSettings, engines: EnginePool | None, host: str, port: int, workers: int) -> None:
    import uvicorn

    from search.http.app import create_app

    os.environ.update(settings.to_environment())
    uvicorn.run(
        f"{__name__}:{worker_app.__name__}" if engines is None else create_app(engines),
        factory=engines is None,
        host=host,
        port=port,
        workers=workers,
        log_config=None,  # the root logger's, set above
        access_log=False,  # the door writes a line a request
        server_header=False,
        timeout_graceful_shutdown=_STOP_S,
        timeout_worker_healthcheck=_STARTING_S,
    )
