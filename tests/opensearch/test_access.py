"""Clusters behind TLS and a password: who is admitted, what errors say, and no secret shown."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from bulk_documents import documents, indexed_documents, make_index, write
from opensearch_nodes import Connect, Nodes
from tls_proxy import KEY, PASSWORD, USER, TlsProxy, running_tls_only_server, running_tls_proxy

from indexer.errors import ClusterMismatch, ClusterRefused, FondacoError, IndexUnavailable
from indexer.opensearch.cluster_settings import PREFIX, ClusterSettings, access_from_environment
from indexer.opensearch.connection import Cluster

WRONG = "wrong-passw0rd-51cc"
SIGN_IN = {"USER": USER, "PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def proxy(cluster_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsProxy]:
    with running_tls_proxy(tmp_path_factory.mktemp("proxy"), cluster_url) as opened:
        yield opened


@contextmanager
def connected_through(proxy: TlsProxy, settings: ClusterSettings | None = None, **variables: str) -> Iterator[Cluster]:
    """The cluster of these environment variables; the proxy and its authority by default."""
    environment = {"URL": proxy.url, "CA": proxy.ca, **variables}
    access = access_from_environment({PREFIX + name: value for name, value in environment.items() if value})
    with closing(Cluster(access, settings)) as cluster:
        yield cluster


def test_the_right_password_is_accepted(proxy: TlsProxy, node: Nodes) -> None:
    with connected_through(proxy, **SIGN_IN) as cluster:
        version = cluster.check_version()

    assert version == node.version


def test_a_password_from_a_file_is_accepted(proxy: TlsProxy, node: Nodes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD + "\n", "utf-8")
    with connected_through(proxy, USER=USER, PASSWORD_FILE=str(tmp_path / "secret")) as cluster:
        version = cluster.check_version()

    assert version == node.version


def test_the_right_key_is_accepted_below_a_path(proxy: TlsProxy, node: Nodes) -> None:
    with connected_through(proxy, URL=f"{proxy.url}/key/", API_KEY=KEY) as cluster:
        version = cluster.check_version()

    assert version == node.version


def test_documents_are_written_and_found_through_a_proxy(proxy: TlsProxy, connect: Connect) -> None:
    settings, wanted = connect(bulk_items=50).settings, documents(range(300))
    with connected_through(proxy, settings, **SIGN_IN) as cluster:
        index = make_index(cluster)
        report = write(cluster, index, wanted)
        found = indexed_documents(cluster, index)
        hits = cluster.search(index, {"query": {"term": {"number": 7}}})["hits"]["hits"]

    assert found == wanted
    assert report.acknowledged == 300
    assert [hit["_id"] for hit in hits] == ["listing-7"]


# Mistakes of an operator: the variables, the type of error, and parts of its message.
MISTAKES: dict[str, tuple[dict[str, str], type[FondacoError], tuple[str, ...]]] = {
    "a wrong password": (
        {"USER": USER, "PASSWORD": WRONG},
        ClusterRefused,
        ("refuses the sign-in", "see that FONDACO_OPENSEARCH_USER and FONDACO_OPENSEARCH_PASSWORD are right"),
    ),
    "nobody signs in": (
        {},
        ClusterRefused,
        (
            "refuses the sign-in",
            "set FONDACO_OPENSEARCH_USER and FONDACO_OPENSEARCH_PASSWORD, or FONDACO_OPENSEARCH_API_KEY",
        ),
    ),
    "a wrong key": (
        {"URL": "{url}/key", "API_KEY": WRONG},
        ClusterRefused,
        ("refuses the sign-in", "see that the key in FONDACO_OPENSEARCH_API_KEY is right and has not expired"),
    ),
    "no authority": (
        {"CA": "", **SIGN_IN},
        ClusterRefused,
        ("a certificate that is not trusted (", "name in FONDACO_OPENSEARCH_CA its authority's PEM file"),
    ),
    "another authority": (
        {"CA": "{folder}/server.pem", **SIGN_IN},
        ClusterRefused,
        ("a certificate that is not trusted (", "see that FONDACO_OPENSEARCH_CA names its authority's PEM file"),
    ),
    "an authority that is no certificate": (
        {"CA": "{folder}/users", **SIGN_IN},
        ClusterRefused,
        ("FONDACO_OPENSEARCH_CA names a file that holds no certificate",),
    ),
    "another name": (
        {"URL": "https://localhost:{port}", **SIGN_IN},
        ClusterRefused,
        ("a certificate that is not trusted (", "FONDACO_OPENSEARCH_URL the host as the certificate has it"),
    ),
    "http where nginx speaks TLS": (
        {"URL": "http://127.0.0.1:{port}", **SIGN_IN},
        ClusterRefused,
        ("speaks TLS there; write https:// in FONDACO_OPENSEARCH_URL",),
    ),
    "https where nothing speaks TLS": (
        {"URL": "https://{node}", **SIGN_IN},
        ClusterRefused,
        ("does not speak TLS there; write http:// in FONDACO_OPENSEARCH_URL",),
    ),
    "forbidden": ({"URL": "{url}/forbidden", **SIGN_IN}, ClusterRefused, ("forbids /: 403 Forbidden; give the user",)),
    "nothing behind the proxy": (
        {"URL": "{url}/dead", **SIGN_IN},
        IndexUnavailable,
        ("cannot answer /: 502 Bad Gateway",),
    ),
    "a page": ({"URL": "{url}/page", **SIGN_IN}, ClusterMismatch, ("is no OpenSearch; see FONDACO_OPENSEARCH_URL",)),
    "another service": (
        {"URL": "{url}/other", **SIGN_IN},
        ClusterMismatch,
        ("is no OpenSearch; see FONDACO_OPENSEARCH_URL",),
    ),
    "nothing there": (
        {"URL": "https://127.0.0.1:1", **SIGN_IN},
        IndexUnavailable,
        ("cannot be reached; see that it runs, and that FONDACO_OPENSEARCH_URL is right",),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_its_remedy_and_without_secrets(
    name: str, proxy: TlsProxy, cluster_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    variables, error_type, expected_parts = MISTAKES[name]
    node = cluster_url.removeprefix("http://")
    filled = {
        variable: text.format(url=proxy.url, port=proxy.port, folder=proxy.folder, node=node)
        if variable in ("URL", "CA")
        else text
        for variable, text in variables.items()
    }
    log_everything(caplog)
    with connected_through(proxy, **filled) as cluster, pytest.raises(error_type) as caught:
        cluster.check_version()
    message = str(caught.value)

    assert [part for part in expected_parts if part not in message] == [], message
    assert "\n" not in message
    assert "<" not in message
    assert secrets_in(everything_logged_and_printed(caught.value, cluster, caplog)) == []


def test_plain_http_to_a_server_that_closes_it_suggests_tls(proxy: TlsProxy) -> None:
    with (
        running_tls_only_server(proxy.folder) as port,
        connected_through(proxy, URL=f"http://127.0.0.1:{port}", **SIGN_IN) as cluster,
        pytest.raises(IndexUnavailable, match=r"closes the connection; .* if it speaks TLS, write https:// in FONDACO"),
    ):
        cluster.check_version()


def test_a_request_that_a_proxy_finds_too_large_says_which_setting_to_lower(proxy: TlsProxy, connect: Connect) -> None:
    settings = connect().settings
    with connected_through(proxy, settings, **SIGN_IN) as cluster:
        index = make_index(cluster)
    with (
        connected_through(proxy, settings, URL=f"{proxy.url}/small") as small,
        pytest.raises(
            ClusterMismatch, match=r"does not accept so large a request .*; lower bulk_bytes in the settings"
        ),
    ):
        write(small, index, documents(range(100)))


def test_no_secret_is_shown_when_all_goes_well(
    proxy: TlsProxy, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    settings = connect().settings
    log_everything(caplog)
    with connected_through(proxy, settings, **SIGN_IN) as cluster:
        index = make_index(cluster)
        write(cluster, index, documents(range(3)))
        found = indexed_documents(cluster, index)
    with connected_through(proxy, settings, URL=f"{proxy.url}/key", API_KEY=KEY) as by_key:
        by_key.check_version()
    output = everything_logged_and_printed(None, cluster, caplog) + everything_logged_and_printed(None, by_key, caplog)

    assert found == documents(range(3))
    assert "_bulk" in output  # the client's own log is in it
    assert secrets_in(output) == []


def log_everything(caplog: pytest.LogCaptureFixture) -> None:
    """Set every logger to its lowest level."""
    caplog.set_level(logging.DEBUG)
    for name in ("opensearch", "opensearchpy", "opensearchpy.trace", "urllib3", *logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, name)


def everything_logged_and_printed(
    error: BaseException | None, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> str:
    """What may reach a terminal or a file: the error with its causes, the log, printed objects."""
    chain: list[str] = []
    cause = error
    while cause is not None:
        chain += [repr(cause), *map(repr, cause.args), *traceback.format_exception(cause)]
        cause = cause.__cause__ or cause.__context__
    return "\n".join(
        [*chain, caplog.text, repr(cluster), repr(cluster.access), str(cluster.access), cluster.access.shown]
    )


def secrets_in(text: str) -> list[str]:
    """The secrets that a text contains, in any of their encodings."""
    found = list[str]()
    for secret in (PASSWORD, WRONG, KEY):
        forms = [secret, repr(secret)[1:-1], quote(secret), ascii(secret)[1:-1]]
        forms += [base64.b64encode(f"{user}{secret}".encode()).decode() for user in ("", f"{USER}:")]
        found += [form for form in forms if form in text]
    return found
