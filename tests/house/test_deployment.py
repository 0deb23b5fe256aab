"""The image and the services: every file that they name exists, and access is restricted."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

import pytest
import typer
import yaml
from rooms import ROOT, tracked

from fondaco import COMMANDS, app
from indexer.opensearch.cluster_settings import ClusterSettings, access_from_environment, settings_from

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name}\s+(.*)$", DOCKERFILE, re.MULTILINE)


def ours() -> dict[str, dict[str, Any]]:
    """The services of our own image."""
    return {name: service for name, service in SERVICES.items() if service["image"] == "fondaco"}


def nodes() -> dict[str, dict[str, Any]]:
    """The services that are a node of OpenSearch."""
    return {
        name: service for name, service in SERVICES.items() if "/opt/fondaco/start" in service.get("entrypoint", ())
    }


def started(*profiles: str) -> set[str]:
    """The services that exist under these profiles."""
    return {
        name
        for name, service in SERVICES.items()
        if not service.get("profiles") or set(service["profiles"]) & set(profiles)
    }


def mounted(service: dict[str, Any], kind: str) -> dict[str, str]:
    """Where a service finds its secrets or configs: the path inside it, and the file here."""
    files = {name: entry["file"] for name, entry in COMPOSE[kind].items()}
    mounts = [{"source": mount} if isinstance(mount, str) else mount for mount in service.get(kind, ())]
    return {mount.get("target", f"/run/secrets/{mount['source']}"): files[mount["source"]] for mount in mounts}


def test_ports_are_open_to_this_machine_alone() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert ports == {
        "fondaco": ["127.0.0.1:8000:8000"],
        "fondaco-opensearch": ["127.0.0.1:8001:8000"],
        "fondaco-cluster": ["127.0.0.1:8002:8000"],
        "opensearch": ["127.0.0.1:9200:9200"],
        "opensearch-1": ["127.0.0.1:9201:9200"],
        "opensearch-2": ["127.0.0.1:9202:9200"],
        "opensearch-3": ["127.0.0.1:9203:9200"],
    }


@pytest.mark.parametrize(
    ("served", "build", "volume"),
    [
        ("fondaco", "index", "snapshots"),
        ("fondaco-opensearch", "index-opensearch", "snapshots-opensearch"),
        ("fondaco-cluster", "index-cluster", "snapshots-cluster"),
    ],
)
def test_the_service_reads_the_volume_that_the_build_writes(served: str, build: str, volume: str) -> None:
    assert SERVICES[served]["volumes"] == [f"{volume}:/data:ro"]
    assert SERVICES[build]["volumes"] == [f"{volume}:/data"]
    assert SERVICES[served]["read_only"] is True
    assert SERVICES[served].get("environment") == SERVICES[build].get("environment")


def test_every_volume_is_named_and_every_named_volume_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}

    assert used == set(COMPOSE["volumes"])


def test_profiles_start_what_belongs_together() -> None:
    three = {"opensearch-1", "opensearch-2", "opensearch-3"}

    assert started() == {"fondaco"}
    assert started("build") == {"fondaco", "index"}
    assert started("opensearch") == {"fondaco", "fondaco-opensearch", "opensearch", "opensearch-backup"}
    assert started("build-opensearch") == {"fondaco", "index-opensearch", "opensearch", "opensearch-backup"}
    assert started("cluster") == {"fondaco", "fondaco-cluster", *three, "opensearch-backup"}
    assert started("build-cluster") == {"fondaco", "index-cluster", *three, "opensearch-backup"}


@pytest.mark.parametrize("service", SERVICES)
def test_the_services_that_a_service_depends_on_are_in_all_its_profiles(service: str) -> None:
    dependencies = SERVICES[service].get("depends_on", {})
    for profile in SERVICES[service].get("profiles", ()):
        assert set(dependencies) <= started(profile)
    for name, dependency in dependencies.items():
        ends = "restart" not in SERVICES[name]

        assert dependency == {"condition": "service_completed_successfully" if ends else "service_healthy"}
        assert ends or "test" in SERVICES[name]["healthcheck"]


def test_serving_containers_have_a_health_check_and_builds_have_none() -> None:
    assert "/healthz" in instructions("HEALTHCHECK")[0]
    for name, service in ours().items():
        if name.startswith("index"):
            assert service["healthcheck"] == {"disable": True}
        else:
            assert "/readyz" in " ".join(service["healthcheck"]["test"])


@pytest.mark.parametrize("service", ours())
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


def test_services_reach_the_nodes_of_their_profile_by_tls_with_secrets_as_files() -> None:
    for name, urls in {
        "fondaco-opensearch": ["https://opensearch:9200"],
        "fondaco-cluster": [f"https://opensearch-{number}:9200" for number in (1, 2, 3)],
    }.items():
        service = SERVICES[name]
        places = {key: value for key, value in service["environment"].items() if str(value).startswith("/run/")}
        access = access_from_environment({**service["environment"], **dict.fromkeys(places, __file__)})

        assert list(access.urls) == urls
        assert access.user == "fondaco"
        assert set(places.values()) == set(mounted(service, "secrets"))
        assert mounted(service, "secrets") == {
            "/run/secrets/opensearch_password": "deploy/secrets/opensearch_password",
            "/run/secrets/ca.pem": "deploy/secrets/ca.pem",
        }
        assert {f"https://{node}:9200" for node in service["depends_on"]} == set(urls)


def test_the_cluster_s_settings_are_known_and_fit_three_nodes() -> None:
    settings = settings_from(ROOT / "deploy" / "opensearch" / "cluster.toml")

    assert (settings.shards, settings.replicas) == (3, 1)
    assert (
        SERVICES["fondaco-cluster"]["environment"]["FONDACO_OPENSEARCH_SETTINGS"]
        in mounted(SERVICES["fondaco-cluster"], "configs")
    )  # fmt: skip


def test_the_documented_settings_are_the_settings() -> None:
    page = (ROOT / "docs" / "opensearch.md").read_text("utf-8")
    section = page.partition("\n## Settings\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}

    assert named == {field.name for field in fields(ClusterSettings)}


def test_the_role_grants_what_the_service_needs_and_not_the_whole_cluster() -> None:
    role = yaml.safe_load((ROOT / "deploy" / "opensearch" / "roles.yml").read_text("utf-8"))["fondaco"]

    granted = {*role["cluster_permissions"]}

    assert {"cluster_monitor", "cluster_composite_ops", "indices:admin/index_template/put"} <= granted
    assert not {"*", "cluster_all", "cluster:*", "cluster:admin/*"} & granted


def test_no_file_of_the_deployment_contains_a_password() -> None:
    for path in tracked():
        if path.name in ("docker-compose.yml", "Dockerfile") or "deploy" in path.parts:
            for line in path.read_text("utf-8").splitlines():
                assert not re.search(r"(?i)password\w*[\"']?\s*[:=]\s*[\"']?(?!/run/secrets|\{file:)[\w$]", line), line
                assert "$2y$" not in line, line
    for service in SERVICES.values():
        for key in service.get("environment", {}):
            assert not re.search(r"PASSWORD|API_KEY|SECRET", key) or key.endswith("_FILE"), key


def test_secrets_are_neither_tracked_nor_sent_to_the_image_s_build() -> None:
    assert "/deploy/secrets*/" in (ROOT / ".gitignore").read_text("utf-8").split()
    assert "deploy" in (ROOT / ".dockerignore").read_text("utf-8").split()
    assert all(secret["file"].startswith("deploy/secrets/") for secret in COMPOSE["secrets"].values())


def test_every_config_exists_and_is_used() -> None:
    used = {file for service in SERVICES.values() for file in mounted(service, "configs").values()}

    assert used == {config["file"] for config in COMPOSE["configs"].values()}
    assert all((ROOT / file).is_file() for file in used)


@pytest.mark.parametrize("name", nodes())
def test_a_node_is_pinned_closed_and_locked_in_memory(name: str) -> None:
    node = SERVICES[name]
    inside = "/usr/share/opensearch"

    assert node["image"] == "opensearchproject/opensearch:3.6.0"
    assert node["ulimits"] == {"memlock": {"soft": -1, "hard": -1}, "nofile": {"soft": 65_536, "hard": 65_536}}
    assert node["environment"]["DISABLE_INSTALL_DEMO_CONFIG"] == "true"
    assert "DISABLE_SECURITY_PLUGIN" not in node["environment"]
    assert node["environment"]["OPENSEARCH_JAVA_OPTS"] == "-Xms${OPENSEARCH_HEAP:-1g} -Xmx${OPENSEARCH_HEAP:-1g}"
    assert node["environment"]["node.name"] == name
    assert mounted(node, "secrets") == {
        "/run/secrets/opensearch_password": "deploy/secrets/opensearch_password",
        "/run/secrets/opensearch_admin_password": "deploy/secrets/opensearch_admin_password",
        f"{inside}/config/certs/ca.pem": "deploy/secrets/ca.pem",
        f"{inside}/config/certs/node.pem": f"deploy/secrets/{name}.pem",
        f"{inside}/config/certs/node-key.pem": f"deploy/secrets/{name}-key.pem",
    }
    data = {volume.split(":")[1]: volume.split(":")[0] for volume in node["volumes"]}
    assert data == {
        f"{inside}/data": name.replace("opensearch", "opensearch-data"),
        f"{inside}/backup": "opensearch-backup",
    }


def test_three_nodes_find_each_other_and_one_is_alone() -> None:
    three = ["opensearch-1", "opensearch-2", "opensearch-3"]

    assert set(nodes()) == {"opensearch", *three}
    assert SERVICES["opensearch"]["environment"]["discovery.type"] == "single-node"
    for name in three:
        environment = SERVICES[name]["environment"]

        assert environment["discovery.seed_hosts"].split(",") == three
        assert environment["cluster.initial_cluster_manager_nodes"].split(",") == three
        assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "sh", "/opt/fondaco/health", "2"]


def test_opensearch_is_configured_with_our_certificates_and_users() -> None:
    folder = ROOT / "deploy" / "opensearch"
    settings = yaml.safe_load((folder / "opensearch.yml").read_text("utf-8"))
    role = yaml.safe_load((folder / "roles.yml").read_text("utf-8"))["fondaco"]
    places = {place for node in nodes().values() for place in [*mounted(node, "secrets"), *mounted(node, "configs")]}

    assert settings["bootstrap.memory_lock"] is True
    assert settings["plugins.security.ssl.http.enabled"] is True
    assert settings["plugins.security.allow_default_init_securityindex"] is True
    assert "plugins.security.allow_unsafe_democertificates" not in settings
    for key, value in settings.items():
        if key.endswith("_filepath"):
            assert f"/usr/share/opensearch/config/{value}" in places, key
    assert settings["path.repo"] == ["/usr/share/opensearch/backup"]
    assert [permission["index_patterns"] for permission in role["index_permissions"]] == [
        [f"{ClusterSettings().prefix}-*"]
    ]


def test_the_image_starts_fondaco_as_an_unprivileged_user() -> None:
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["fondaco"]
    assert json.loads(instructions("CMD")[0])[0] in COMMANDS
    assert instructions("USER")[-1] not in ("root", "0")
    assert instructions("FROM") == ["python:3.11-slim"]


def test_files_that_the_image_copies_exist_and_are_not_ignored() -> None:
    ignored = {line for line in (ROOT / ".dockerignore").read_text("utf-8").split() if not line.startswith("#")}
    copied = [word for line in instructions("COPY") for word in line.split()[:-1] if not word.startswith("--")]

    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert not any((ROOT / path).match(pattern.rstrip("/")) for pattern in ignored), path
