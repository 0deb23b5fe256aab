"""A wire to a node that a test can cut, while the node itself goes on for everybody else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def relay(url: str) -> Iterator[tuple[str, threading.Event]]:
    """Another address of a node, and the wire to it: cleared it is cut, set it is whole again."""
    host, port = url.removeprefix("http://").split(":")
    wire, ended = threading.Event(), threading.Event()
    wire.set()

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError), source, target:
            source.settimeout(0.02)
            while wire.is_set():
                with suppress(TimeoutError):
                    if not (piece := source.recv(1 << 16)):
                        return
                    target.sendall(piece)

    def accept() -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                client, _ = door.accept()
                if not wire.is_set():
                    client.close()
                    continue
                node = socket.create_connection((host, int(port)))
                for pair in ((client, node), (node, client)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.02)
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}", wire
        finally:
            wire.clear()
            ended.set()
            accepting.join()
