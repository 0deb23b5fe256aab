"""A real nginx with TLS and a password in front of a node, and its certificates."""

from __future__ import annotations

import base64
import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD, KEY = "fondaco", "pass: wörd-秘密-7f3a", "a2V5LWlkOmtleS1zZWNyZXQtOTE4Mg=="

_CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  client_max_body_size 10m;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    location / {{ auth_basic "search"; auth_basic_user_file {folder}/users; proxy_pass {node}; }}
    location /key/ {{ if ($http_authorization != "ApiKey {key}") {{ return 401; }} proxy_pass {node}/; }}
    location /small/ {{ client_max_body_size 1k; proxy_pass {node}/; }}
    location /forbidden/ {{ return 403; }}
    location /dead/ {{ proxy_pass http://127.0.0.1:1/; }}
    location /page/ {{ default_type text/html; return 200 "<html>hello</html>"; }}
    location /other/ {{ default_type application/json; return 200 '{{"name": "something else"}}'; }}
  }}
}}
"""


@dataclass(frozen=True)
class TlsProxy:
    """``url`` requires `USER` and `PASSWORD`, ``url/key`` requires `KEY`; other paths fail."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def ca(self) -> str:
        return str(self.folder / "ca.pem")


@contextmanager
def running_tls_proxy(folder: Path, node: str) -> Iterator[TlsProxy]:
    """An nginx in front of a node, as a child process that ends with the block."""
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None or shutil.which("openssl") is None:
        pytest.skip("no nginx and openssl here: apt-get install nginx-light openssl")
    make_certificates(folder)
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()  # the only form that allows a ':'
    (folder / "users").write_text(f"{USER}:{{SHA}}{digest}\n", "utf-8")
    proxy = TlsProxy(_free_port(), folder)
    (folder / "nginx.conf").write_text(_CONFIG.format(folder=folder, port=proxy.port, node=node, key=KEY))
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(proxy.port, process)
            yield proxy
        finally:
            process.terminate()


def make_certificates(folder: Path) -> None:
    """Write ``ca.pem``, and ``server.pem`` with ``server.key``, signed by it for 127.0.0.1."""
    _openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority", "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    _openssl(
        folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=node",
    )  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n")
    _openssl(
        folder, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "2", "-extfile", "names", "-out", "server.pem",
    )  # fmt: skip


@contextmanager
def running_tls_only_server(folder: Path) -> Iterator[int]:
    """The port of a server that closes connections without TLS, as OpenSearch's plugin does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return  # closed, because the block has ended
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _openssl(folder: Path, *arguments: str) -> None:
    process = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx has ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("nginx has not come up")
