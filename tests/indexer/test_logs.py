"""Log levels: set by the command line, never by an import."""

from __future__ import annotations

import json
from collections.abc import Callable

LEVELS = "[logging.getLogger(name).level for name in ('opensearch', 'opensearchpy.trace')]"


def test_importing_the_connection_sets_no_level_and_the_command_line_does(python: Callable[..., str]) -> None:
    code = (
        "import logging\n"
        "import indexer.opensearch.connection\n"
        f"print({LEVELS})\n"
        "import fondaco, io, sys\n"
        "sys.argv = ['fondaco', 'detect']\n"
        "sys.stdin = io.StringIO('a blue kettle\\n')\n"
        "try:\n"
        "    fondaco.main()\n"
        "except SystemExit as end:\n"
        "    print('exit code', end.code or 0)\n"
        f"print({LEVELS})\n"
    )
    before, shares, code_line, after = python(code).splitlines()

    assert before == "[0, 0]"
    assert "en" in json.loads(shares)
    assert code_line == "exit code 0"
    assert after == "[40, 40]"
