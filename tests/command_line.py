"""Runs the console command in this process, for tests of any room."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

import fondaco


def run_command(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of ``fondaco`` with these arguments."""
    output, errors = io.StringIO(), io.StringIO()
    with mock.patch.object(sys, "argv", ["fondaco", *arguments]), redirect_stdout(output), redirect_stderr(errors):
        try:
            fondaco.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
    return code, output.getvalue(), errors.getvalue()
