"""Runs a function in a process of its own, whose libraries and their output leave with it.

Conversion and measuring load torch and NNCF: a gigabyte of memory, and lines on the screen.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from indexer.encoders.encoder import EncoderUnavailable

Announce = Callable[[str], None]
_REASON_MAX = 300  # characters of a library's output that are shown
_PATIENCE_S = 5.0  # for a child that was interrupted


class ChildFailed(EncoderUnavailable):
    """The process ended without a result; the message ends with the last line that it wrote."""


def run_in_child(function: Callable[..., object], arguments: tuple[object, ...], announce: Announce) -> object:
    """What ``function(*arguments, report)`` returns in another process.

    `function` is a module's; its arguments can be pickled and its result written as JSON. Calls of
    ``report(text)`` in the child become calls of ``announce(text)`` here.

    Raises:
        ChildFailed: it raised an exception, or the process was killed.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
    command = [sys.executable, "-W", "ignore", "-m", "indexer.encoders.child"]
    with (
        tempfile.TemporaryFile("w+", errors="replace") as output,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, env=environment
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(pickle.dumps((function, arguments)))
            process.stdin.close()
            for line in process.stdout:
                message = json.loads(line)
                if "result" in message:
                    return message["result"]
                announce(message["progress"])
            raise ChildFailed(_reason(process.wait(), output))
        except BrokenPipeError:
            raise ChildFailed(_reason(process.wait(), output)) from None
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process; interrupted, it removes the files that it had begun."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _reason(code: int, output: IO[str]) -> str:
    output.seek(0)
    lines = [line.strip() for line in output if line.strip()]
    how = f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
    return f"{how}: {lines[-1][:_REASON_MAX]}" if lines else how


def main() -> None:
    """The child: reads the function and its arguments from standard input.

    Standard output carries messages, one line of JSON each. What libraries write there goes to
    standard error.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    function, arguments = pickle.load(sys.stdin.buffer)

    def send(kind: str, content: object) -> None:
        print(json.dumps({kind: content}), file=messages, flush=True)

    send("result", function(*arguments, lambda text: send("progress", text)))


if __name__ == "__main__":
    main()
