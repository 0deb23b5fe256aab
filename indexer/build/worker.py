"""The process of a worker: it runs one function on what it is sent, until its pipe is closed.

This module imports nothing heavy: the number of threads must be set before numpy is loaded.
"""

from __future__ import annotations

import os
import threading
import traceback
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection

from indexer.build.collector import collector_off
from indexer.threads import set_threads


def serve(connection: Connection) -> None:
    """Answer messages: the first one is the function, each of the others an argument of it.

    An answer is (True, result), or (False, (error, traceback)) as text. What the function imports
    is loaded here, and uses one thread. Cycles are not collected, since messages and answers have
    none.
    """
    threading.Thread(target=_end_with_parent, daemon=True).start()
    set_threads(1)
    with suppress(EOFError, BrokenPipeError), collector_off():  # these say that the build has ended
        function = connection.recv()
        while True:
            message = connection.recv()
            try:
                answer = (True, function(message))
            except Exception as error:
                answer = (False, (f"{type(error).__name__}: {error}", traceback.format_exc()))
            connection.send(answer)


def _end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, however it ended."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
