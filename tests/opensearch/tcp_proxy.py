"""A TCP proxy of a node that a test can interrupt, while other clients still reach the node."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def running_tcp_proxy(url: str) -> Iterator[tuple[str, threading.Event]]:
    """The proxy's address, and an event: connections pass while it is set, and end when cleared."""
    host, port = url.removeprefix("http://").split(":")
    link = threading.Event()
    link.set()
    stopped = threading.Event()

    def forward(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError), source, target:
            source.settimeout(0.02)
            while link.is_set():
                with suppress(TimeoutError):
                    if not (piece := source.recv(1 << 16)):
                        return
                    target.sendall(piece)

    def accept() -> None:
        while not stopped.is_set():
            with suppress(TimeoutError):
                client, _ = server.accept()
                if not link.is_set():
                    client.close()
                    continue
                node = socket.create_connection((host, int(port)))
                for pair in ((client, node), (node, client)):
                    threading.Thread(target=forward, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.02)
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", link
        finally:
            link.clear()
            stopped.set()
            accepting.join()
