"""The image and the services: what they name is there, and they are as closed as they say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import typer
import yaml
from rooms import ROOT

from fondaco import COMMANDS, app

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert ports == ["127.0.0.1:8000:8000"]


def test_the_service_reads_the_volume_that_the_build_writes() -> None:
    assert set(COMPOSE["volumes"]) == {"snapshots"}
    assert SERVICES["fondaco"]["volumes"] == ["snapshots:/data:ro"]
    assert SERVICES["index"]["volumes"] == ["snapshots:/data"]
    assert SERVICES["index"]["profiles"] == ["build"]
    assert SERVICES["fondaco"]["read_only"] is True


def test_health_is_asked_of_healthz_and_of_nobody_that_does_not_serve() -> None:
    test = SERVICES["fondaco"]["healthcheck"]["test"]

    assert "/readyz" in " ".join(test)
    assert "/healthz" in instructions("HEALTHCHECK")[0]
    assert SERVICES["index"]["healthcheck"] == {"disable": True}


@pytest.mark.parametrize("service", SERVICES)
def test_services_run_real_commands_with_real_options(service: str) -> None:
    console: Any = typer.main.get_command(app)
    entry, command = SERVICES[service].get("entrypoint"), SERVICES[service]["command"]
    if entry is None:
        lines = [command]
    else:
        assert entry == ["/bin/sh", "-euc"]
        lines = [line.split()[1:] for line in command[0].splitlines() if line.strip().startswith("fondaco ")]

    assert lines
    for words in lines:
        assert words[0] in COMMANDS
        console.commands[words[0]].make_context(words[0], list(words[1:]))


def test_the_image_starts_fondaco_as_nobody_special() -> None:
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["fondaco"]
    assert json.loads(instructions("CMD")[0])[0] in COMMANDS
    assert instructions("USER")[-1] not in ("root", "0")
    assert instructions("FROM") == ["python:3.11-slim"]


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    ignored = {line for line in (ROOT / ".dockerignore").read_text("utf-8").split() if not line.startswith("#")}
    copied = [word for line in instructions("COPY") for word in line.split()[:-1] if not word.startswith("--")]

    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert not any((ROOT / path).match(pattern.rstrip("/")) for pattern in ignored), path
