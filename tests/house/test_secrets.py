"""`deploy/make-secrets`, and what a container makes of its secrets: run for real, in temporary
folders.
"""

from __future__ import annotations

import base64
import fnmatch
import os
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from rooms import ROOT

DEPLOY = ROOT / "deploy"
NODES = ("opensearch", "opensearch-1", "opensearch-2", "opensearch-3")
STRONG = re.compile(r"(?=.*[A-Z])(?=.*[^a-zA-Z\d])(?=.*[0-9])(?=.*[a-z]).{8,}")
"""What OpenSearch asks of an administrator's password."""

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "FONDACO_SECRETS": str(folder)}
    return subprocess.run([DEPLOY / "make-secrets", *words], env=environment, capture_output=True, text=True)


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy") / "secrets"
    done = make(folder)

    assert done.returncode == 0, done.stderr
    assert str(folder) in done.stdout
    assert (folder / "opensearch_password").read_text() not in done.stdout
    return folder


@needs_openssl
def test_only_the_owner_can_enter_and_what_no_container_reads_is_the_owner_s_alone(secrets: Path) -> None:
    """A file mounted into a container keeps its mode, and containers have users of their own: the
    folder is a lock.
    """
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    mounted = {Path(secret["file"]).name for secret in compose["secrets"].values()}
    modes = {path.name: path.stat().st_mode & 0o777 for path in secrets.iterdir()}

    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {name for name, mode in modes.items() if mode == 0o644} == mounted
    assert {name: mode for name, mode in modes.items() if name not in mounted} == dict.fromkeys(
        ("ca-key.pem", "admin.pem", "admin-key.pem"), 0o600
    )
    assert [path.name for path in secrets.parent.iterdir()] == ["secrets"]


@needs_openssl
def test_passwords_are_strong_and_not_the_same(secrets: Path) -> None:
    passwords = [(secrets / name).read_text() for name in ("opensearch_password", "opensearch_admin_password")]

    for password in passwords:
        assert STRONG.fullmatch(password)
        assert re.fullmatch(r"[A-Za-z0-9][\w-]{31}", password)
    assert len(set(passwords)) == 2


@needs_openssl
@pytest.mark.parametrize("name", NODES)
def test_the_authority_vouches_for_a_node_by_its_name(secrets: Path, name: str) -> None:
    authority, certificate = secrets / "ca.pem", secrets / f"{name}.pem"
    strict = ("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority)

    assert openssl(*strict, "-verify_hostname", name, certificate).endswith("OK")
    assert openssl(*strict, "-verify_hostname", "localhost", certificate).endswith("OK")
    with pytest.raises(subprocess.CalledProcessError):
        openssl(*strict, "-verify_hostname", "elsewhere", certificate)

    public = openssl("x509", "-in", certificate, "-noout", "-pubkey")
    assert openssl("pkey", "-in", secrets / f"{name}-key.pem", "-pubout") == public
    assert (secrets / f"{name}-key.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----"), "PKCS #8"


@needs_openssl
def test_opensearch_s_settings_know_the_certificates_by_their_subjects(secrets: Path) -> None:
    settings = yaml.safe_load((DEPLOY / "opensearch" / "opensearch.yml").read_text("utf-8"))
    subjects = {
        name: openssl("x509", "-in", secrets / f"{name}.pem", "-noout", "-subject", "-nameopt", "RFC2253").partition(
            "="
        )[2]
        for name in (*NODES, "admin")
    }
    (pattern,) = settings["plugins.security.nodes_dn"]

    assert [name for name, subject in subjects.items() if fnmatch.fnmatchcase(subject, pattern)] == list(NODES)
    assert settings["plugins.security.authcz.admin_dn"] == [subjects["admin"]]


@needs_openssl
def test_a_second_run_refuses_and_changes_nothing(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    again = make(secrets)

    assert again.returncode == 1
    assert "nothing is overwritten" in again.stderr
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


@needs_openssl
def test_a_further_node_gets_a_certificate_of_the_same_authority_and_only_once(secrets: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(secrets, tmp_path / "secrets")

    assert make(copy, "node", "opensearch-4").returncode == 0
    assert openssl("verify", "-CAfile", secrets / "ca.pem", copy / "opensearch-4.pem").endswith("OK")
    assert make(copy, "node", "opensearch-4").returncode == 1
    assert make(copy, "node", "../opensearch-5").returncode == 1
    (copy / "ca-key.pem").unlink()
    assert "bring ca-key.pem back" in make(copy, "node", "opensearch-5").stderr


def test_an_unknown_argument_is_refused(tmp_path: Path) -> None:
    done = make(tmp_path / "secrets", "everything")

    assert done.returncode == 1
    assert not (tmp_path / "secrets").exists()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """OpenSearch's folder.

    Its hashing tool and entry point are stood in for: they are in no place but the image.
    """
    tools = tmp_path / "home" / "plugins" / "opensearch-security" / "tools"
    tools.mkdir(parents=True)
    (tmp_path / "home" / "config" / "opensearch-security").mkdir(parents=True)
    _script(
        tools / "hash.sh", """echo '** speaks **'; printf '$2y$12$%s\\n' "$(printenv "$2" | tr 'a-zA-Z' 'b-zaB-ZA')" """
    )
    _script(tmp_path / "home" / "opensearch-docker-entrypoint.sh", 'echo "$1"; env')
    return tmp_path / "home"


def start(home: Path, secrets: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "OPENSEARCH_HOME": str(home), "FONDACO_SECRETS": str(secrets)}
    return subprocess.run(["bash", DEPLOY / "opensearch" / "start"], env=environment, capture_output=True, text=True)


def test_a_node_starts_with_its_own_two_users_and_no_password_in_clear(home: Path, tmp_path: Path) -> None:
    (tmp_path / "opensearch_password").write_text("Of-fondaco-1")
    (tmp_path / "opensearch_admin_password").write_text("Of-admin-1")
    done = start(home, tmp_path)
    written = (home / "config" / "opensearch-security" / "internal_users.yml").read_text("utf-8")
    users = yaml.safe_load(written)

    assert done.stdout.startswith("opensearch\n")
    assert "Of-" not in done.stdout + done.stderr + written
    assert users.pop("_meta") == {"type": "internalusers", "config_version": 2}
    assert users == {
        "admin": {"hash": "$2y$12$Pg-benjo-1", "backend_roles": ["admin"]},
        "fondaco": {"hash": "$2y$12$Pg-gpoebdp-1"},
    }


def test_a_node_without_its_secrets_does_not_start(home: Path, tmp_path: Path) -> None:
    done = start(home, tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert "opensearch_admin_password" in done.stderr
    assert not (home / "config" / "opensearch-security" / "internal_users.yml").exists()


@pytest.fixture
def node(secrets: Path, tmp_path: Path) -> Iterator[tuple[HTTPServer, dict[str, str]]]:
    """An HTTPS server with the node's real certificate, and the environment of its health check."""
    wanted = "Basic " + base64.b64encode(b"fondaco:" + (secrets / "opensearch_password").read_bytes()).decode()

    class HealthHandler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            signed = self.headers["authorization"] == wanted
            enough = self.path.startswith("/_cluster/health?") and "wait_for_nodes=ge(2)" in self.path
            self.send_response(401 if not signed else 200 if enough else 408)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the test reads curl's answer."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(secrets / "opensearch-1.pem", secrets / "opensearch-1-key.pem")
    with HTTPServer(("127.0.0.1", 0), HealthHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "certs").mkdir()
        shutil.copy(secrets / "ca.pem", tmp_path / "certs" / "ca.pem")
        yield (
            server,
            {
                "PATH": os.environ["PATH"],
                "FONDACO_SECRETS": str(secrets),
                "OPENSEARCH_CONFIG": str(tmp_path),
                "OPENSEARCH_URL": f"https://localhost:{server.server_port}",
            },
        )
        server.shutdown()


@needs_openssl
@pytest.mark.skipif(shutil.which("curl") is None, reason="the health check uses curl, as in the image")
def test_the_health_check_sends_the_password_over_verified_tls(
    node: tuple[HTTPServer, dict[str, str]], tmp_path: Path
) -> None:
    _, environment = node

    def healthy(nodes: str, **other: str) -> int:
        command = ["sh", DEPLOY / "opensearch" / "health", nodes]
        return subprocess.run(command, env={**environment, **other}, capture_output=True).returncode

    assert healthy("2") == 0
    assert healthy("3") == 22  # curl's number for an answer that is an error: too few nodes
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "opensearch_password").write_text("another")
    assert healthy("2", FONDACO_SECRETS=str(tmp_path / "wrong")) == 22
    make(tmp_path / "others")
    (tmp_path / "others" / "certs").mkdir()
    shutil.copy(tmp_path / "others" / "ca.pem", tmp_path / "others" / "certs")
    assert healthy("2", OPENSEARCH_CONFIG=str(tmp_path / "others")) == 60  # curl's number for a stranger's certificate


def _script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
