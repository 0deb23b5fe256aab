"""Log levels: set by the command line, never by an import."""

from __future__ import annotations

from collections.abc import Callable

LEVELS = "[logging.getLogger(name).level for name in ('opensearch', 'opensearchpy.trace')]"


def test_importing_the_connection_sets_no_level_and_the_command_line_does(python: Callable[..., str]) -> None:
    code = (
        "import logging\n"
        "import indexer.opensearch.connection\n"
        f"print({LEVELS})\n"
        "import fondaco, sys\n"
        "sys.argv = ['fondaco', 'detect', 'a blue kettle']\n"
        "try:\n"
        "    fondaco.main()\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print({LEVELS})\n"
    )
    lines = python(code).splitlines()

    assert lines[0] == "[0, 0]"
    assert lines[-1] == "[40, 40]"
