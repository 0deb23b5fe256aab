"""A cluster behind TLS and a password: who may in gets in, who may not is told what to mend, and no secret is told."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from bulk_parts import documents, held, make_index, write
from opensearch_nodes import Connect, Nodes
from tls_proxy import KEY, PASSWORD, USER, Front, cutting_tls, open_front

from indexer.errors import ClusterMismatch, ClusterRefused, FondacoError, IndexUnavailable
from indexer.opensearch.cluster_settings import PREFIX, ClusterSettings, access_from_environment
from indexer.opensearch.connection import Cluster

WRONG = "wrong-passw0rd-51cc"
SIGN_IN = {"USER": USER, "PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def front(cluster_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with open_front(tmp_path_factory.mktemp("front"), cluster_url) as opened:
        yield opened


@contextmanager
def asked(front: Front, settings: ClusterSettings | None = None, **variables: str) -> Iterator[Cluster]:
    """The cluster that an environment names: the front and its authority unless it says otherwise."""
    given = {"URL": front.url, "CA": front.ca, **variables}
    access = access_from_environment({PREFIX + name: value for name, value in given.items() if value})
    with closing(Cluster(access, settings)) as cluster:
        yield cluster


def test_the_right_password_is_let_in(front: Front, node: Nodes) -> None:
    with asked(front, **SIGN_IN) as cluster:
        version = cluster.check_version()

    assert version == node.version


def test_a_password_from_a_file_is_let_in(front: Front, node: Nodes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD + "\n", "utf-8")
    with asked(front, USER=USER, PASSWORD_FILE=str(tmp_path / "secret")) as cluster:
        version = cluster.check_version()

    assert version == node.version


def test_the_right_key_is_let_in_below_a_path(front: Front, node: Nodes) -> None:
    with asked(front, URL=f"{front.url}/key/", API_KEY=KEY) as cluster:
        version = cluster.check_version()

    assert version == node.version


def test_documents_are_written_and_found_through_the_front(front: Front, connect: Connect) -> None:
    settings, wanted = connect(bulk_items=50).settings, documents(range(300))
    with asked(front, settings, **SIGN_IN) as cluster:
        index = make_index(cluster)
        report = write(cluster, index, wanted)
        found = held(cluster, index)
        hits = cluster.search(index, {"query": {"term": {"number": 7}}})["hits"]["hits"]

    assert found == wanted
    assert report.acknowledged == 300
    assert [hit["_id"] for hit in hits] == ["listing-7"]


# What an operator may get wrong: the variables, the kind of error, and what its message has to say.
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
def test_a_mistake_is_told_with_what_mends_it_and_without_secrets(
    name: str, front: Front, cluster_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    variables, kind, says = MISTAKES[name]
    node = cluster_url.removeprefix("http://")
    filled = {
        one: text.format(url=front.url, port=front.port, folder=front.folder, node=node)
        if one in ("URL", "CA")
        else text
        for one, text in variables.items()
    }
    listen_to_all(caplog)
    with asked(front, **filled) as cluster, pytest.raises(kind) as caught:
        cluster.check_version()
    message = str(caught.value)

    assert [part for part in says if part not in message] == [], message
    assert "\n" not in message
    assert "<" not in message
    assert secrets_in(everything_said(caught.value, cluster, caplog)) == []


def test_plain_words_to_a_server_that_wants_tls_and_cuts_them_off_are_told(front: Front) -> None:
    with (
        cutting_tls(front.folder) as port,
        asked(front, URL=f"http://127.0.0.1:{port}", **SIGN_IN) as cluster,
        pytest.raises(IndexUnavailable, match=r"cuts the connection; .* if it speaks TLS, write https:// in FONDACO"),
    ):
        cluster.check_version()


def test_a_request_that_a_proxy_finds_too_large_says_which_setting_to_lower(front: Front, connect: Connect) -> None:
    settings = connect().settings
    with asked(front, settings, **SIGN_IN) as cluster:
        index = make_index(cluster)
    with (
        asked(front, settings, URL=f"{front.url}/small") as small,
        pytest.raises(ClusterMismatch, match=r"does not take so large a request .*; lower bulk_bytes in the settings"),
    ):
        write(small, index, documents(range(100)))


def test_no_secret_is_told_when_all_goes_well(front: Front, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    settings = connect().settings
    listen_to_all(caplog)
    with asked(front, settings, **SIGN_IN) as cluster:
        index = make_index(cluster)
        write(cluster, index, documents(range(3)))
        found = held(cluster, index)
    with asked(front, settings, URL=f"{front.url}/key", API_KEY=KEY) as by_key:
        by_key.check_version()
    said = everything_said(None, cluster, caplog) + everything_said(None, by_key, caplog)

    assert found == documents(range(3))
    assert "_bulk" in said  # the client's own log was listened to
    assert secrets_in(said) == []


def listen_to_all(caplog: pytest.LogCaptureFixture) -> None:
    """Every logger there is says everything."""
    caplog.set_level(logging.DEBUG)
    for name in ("opensearch", "opensearchpy", "opensearchpy.trace", "urllib3", *logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, name)


def everything_said(error: BaseException | None, cluster: Cluster, caplog: pytest.LogCaptureFixture) -> str:
    """What may reach a terminal or a file: the error with all that led to it, the log, what is printed of objects."""
    chain, one = list[str](), error
    while one is not None:
        chain += [repr(one), *map(repr, one.args), *traceback.format_exception(one)]
        one = one.__cause__ or one.__context__
    return "\n".join(
        [*chain, caplog.text, repr(cluster), repr(cluster.access), str(cluster.access), cluster.access.shown]
    )


def secrets_in(text: str) -> list[str]:
    """Which secrets a text gives away, in any of the forms they travel in."""
    found = list[str]()
    for secret in (PASSWORD, WRONG, KEY):
        forms = [secret, repr(secret)[1:-1], quote(secret), ascii(secret)[1:-1]]
        forms += [base64.b64encode(f"{user}{secret}".encode()).decode() for user in ("", f"{USER}:")]
        found += [form for form in forms if form in text]
    return found
