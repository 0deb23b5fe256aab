"""OpenSearch errors as Fondaco errors that an operator can act on. They show no credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opensearchpy.exceptions import ConnectionError as NoConnection
from opensearchpy.exceptions import ConnectionTimeout, NotFoundError, OpenSearchException, SSLError, TransportError

from indexer.errors import ClusterMismatch, ClusterRefused, FondacoError, IndexUnavailable
from indexer.opensearch.cluster_settings import PREFIX, ClusterAccess

_FLOOD = "flood-stage"
_REASON_MAX = 300  # characters
_NO_TLS = re.compile("wrong_version_number|record_layer_failure|http_request", re.IGNORECASE)  # as OpenSSL names it
_CLOSED = re.compile("RemoteDisconnected|ConnectionReset|BadStatusLine|Connection aborted")
_CERTIFICATE = re.compile(r"certificate verify failed: ([^(]+)")


def to_fondaco_error(error: OpenSearchException, access: ClusterAccess, path: str, timeout_s: float) -> FondacoError:
    """The client's error as one of ours.

    An `IndexUnavailable` may end by itself; the others stay until somebody corrects the cause.
    """
    where = f"OpenSearch at {access.shown}"
    if not isinstance(error, TransportError):
        return ClusterMismatch(f"{where} does not answer {path} with JSON, so it is no OpenSearch; see {PREFIX}URL")
    if isinstance(error, ConnectionTimeout):
        return IndexUnavailable(f"{where} did not answer {path} within {timeout_s:g} s; see its load and its logs")
    if isinstance(error, SSLError):
        return ClusterRefused(f"{where} {_tls(str(error.info), access)}")
    if isinstance(error, NoConnection):
        return IndexUnavailable(f"{where} {_unreachable(str(error.info), access)}")
    reason = _reason(error)
    status = error.status_code
    if status == 401:
        return ClusterRefused(f"{where} refuses the sign-in; {_sign_in(access)}")
    if _FLOOD in reason:
        return IndexUnavailable(f"{where} {_disk_full(reason)}")
    if status == 403:
        return ClusterRefused(f"{where} forbids {path}: {reason}; give the user that permission")
    if status == 400 and "HTTPS port" in reason:
        return ClusterRefused(f"{where} speaks TLS there; write https:// in {PREFIX}URL")
    if status == 413:
        return ClusterMismatch(
            f"{where} does not accept so large a request ({reason}); lower bulk_bytes in the settings"
        )
    if isinstance(error, NotFoundError):
        return ClusterMismatch(f"{where} has no {path}: {reason}")
    if isinstance(status, int) and (status == 429 or status >= 500):
        return IndexUnavailable(f"{where} {_busy(status, path, reason)}")
    return ClusterMismatch(f"{where} rejects {path}: {reason}")


def to_item_error_text(status: int, error: Mapping[str, Any], access: ClusterAccess, path: str) -> str:
    """The same for one document of a bulk request that could not be written now."""
    reason = f"{error.get('type')}: {str(error.get('reason'))[:_REASON_MAX]}"
    return f"OpenSearch at {access.shown} " + (_disk_full(reason) if _FLOOD in reason else _busy(status, path, reason))


def _busy(status: int, path: str, reason: str) -> str:
    return f"is overloaded: {reason}" if status == 429 else f"cannot answer {path}: {reason}"


def _disk_full(reason: str) -> str:
    return (
        f"accepts no writes: its disk is past the flood-stage watermark ({reason}); free disk or add nodes: "
        "OpenSearch lifts the block by itself below the high watermark"
    )


def _sign_in(access: ClusterAccess) -> str:
    if access.api_key:
        return f"see that the key in {PREFIX}API_KEY is right and has not expired"
    if access.user:
        return f"see that {PREFIX}USER and {PREFIX}PASSWORD are right"
    return f"set {PREFIX}USER and {PREFIX}PASSWORD, or {PREFIX}API_KEY"


def _tls(cause: str, access: ClusterAccess) -> str:
    if _NO_TLS.search(cause):
        return f"does not speak TLS there; write http:// in {PREFIX}URL, or the port that does"
    if "NO_CERTIFICATE" in cause:
        return f"cannot be reached: {PREFIX}CA names a file that holds no certificate; give the authority's PEM file"
    found = _CERTIFICATE.search(cause)
    detail = f" ({found[1].strip()})" if found else ""
    advice = f"see that {PREFIX}CA names" if access.ca else f"name in {PREFIX}CA"
    return (
        f"shows a certificate that is not trusted{detail}; {advice} its authority's PEM file, "
        f"and {PREFIX}URL the host as the certificate has it"
    )


def _unreachable(cause: str, access: ClusterAccess) -> str:
    if _CLOSED.search(cause) and any(url.startswith("http:") for url in access.urls):
        return f"closes the connection; see its logs, and if it speaks TLS, write https:// in {PREFIX}URL"
    return f"cannot be reached; see that it runs, and that {PREFIX}URL is right"


def _reason(error: TransportError) -> str:
    """OpenSearch's root cause, in one line; for a proxy's HTML page, its title."""
    info = error.info
    if isinstance(info, Mapping) and isinstance(info.get("error"), Mapping):
        return _root_cause(info["error"])
    text = str(error.error)
    title = re.search(r"<title>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return " ".join((title[1] if title else text).split())[:_REASON_MAX]


def _root_cause(error: Mapping[str, Any]) -> str:
    """The first reason of an OpenSearch error, and the deepest cause where it is another."""
    roots = [*error.get("root_cause", ()), error]
    shards = [shard["reason"] for shard in error.get("failed_shards", ()) if isinstance(shard.get("reason"), Mapping)]
    first = next((cause for cause in [*shards, *roots] if cause.get("reason")), error)
    deepest = first if first.get("caused_by") else error
    while isinstance(deepest.get("caused_by"), Mapping):
        deepest = deepest["caused_by"]
    texts = [f"{cause.get('type')}: {str(cause.get('reason'))[:_REASON_MAX]}" for cause in (first, deepest)]
    return "; caused by ".join(dict.fromkeys(texts))
