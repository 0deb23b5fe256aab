"""Cluster: a connection to OpenSearch, whose errors say what to do about them."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from opensearchpy import OpenSearch
from opensearchpy.exceptions import OpenSearchException

from indexer.errors import ClusterMismatch, IndexUnavailable
from indexer.opensearch.cluster_errors import to_fondaco_error, to_item_error_text
from indexer.opensearch.cluster_settings import (
    PREFIX,
    ClusterAccess,
    ClusterSettings,
    access_from_environment,
    settings_from_environment,
)

_CONNECTIONS = 32  # kept open to each node: more than the searches and bulk requests of one process
_BULK_RESPONSE_FIELDS = "items.*.status,items.*.error"
_NDJSON = {"content-type": "application/x-ndjson"}
_OLDEST_VERSION = (3, 0)  # BM25 without its constant factor, bitmaps as filters


class Cluster:
    """A connection to a cluster, opened by the first request. Threads may share it."""

    def __init__(self, access: ClusterAccess, settings: ClusterSettings | None = None) -> None:
        self.access = access
        self.settings = settings or ClusterSettings()
        self._client = OpenSearch(
            [_host(url) for url in access.urls],
            headers=_sign_in(access),
            ca_certs=str(access.ca) if access.ca else None,
            verify_certs=True,
            pool_maxsize=_CONNECTIONS,
            max_retries=len(access.urls),  # try another node if one cannot be reached; do not repeat a slow request
            retry_on_status=(502,),  # 503 and 504 carry a reason, which is reported
            retry_on_timeout=False,
        )

    @classmethod
    def from_environment(cls) -> Cluster:
        """The cluster that the environment names.

        Raises:
            ValueError: a variable is missing or wrong.
        """
        return cls(access_from_environment(), settings_from_environment())

    def search(self, index: str, body: Mapping[str, Any], **params: Any) -> Any:
        """One search within its deadline. Partial results are rejected.

        A search that fails in the first half of its time is sent once more: a node that dies loses
        the requests it was serving, and its shards have replicas.

        Raises:
            IndexUnavailable: not every shard answered in time.
        """
        deadline_s = self.settings.search_timeout_ms / 1e3
        params |= {
            "allow_partial_search_results": "false",
            "cancel_after_time_interval": f"{round(deadline_s * 1e3)}ms",
        }
        path = f"/{index}/_search"
        started = time.monotonic()
        try:
            return self.call("POST", path, body, params, deadline_s)
        except IndexUnavailable:
            left_s = deadline_s - (time.monotonic() - started)
            if left_s < deadline_s / 2:
                raise
            return self.call("POST", path, body, params, left_s)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """The response to one request, parsed from JSON.

        Raises:
            IndexUnavailable: unreachable, too slow, overloaded, or without a shard or disk space;
                the same request may succeed later.
            ClusterRefused: the user, the key, the certificate or a permission is wrong.
            ClusterMismatch: there is no such index, or the request does not fit this cluster.
        """
        if isinstance(body, Mapping):
            body = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        return self._perform(method, path, body, params or {}, timeout_s or float(self.settings.write_timeout_s))

    def bulk(self, index: str, lines: bytes) -> list[dict[str, Any]]:
        """The items of a bulk response, in the actions' order: ``{"create": {"status": 201}}``.

        Raises as `call`. After an `IndexUnavailable` some documents may have been written.
        """
        timeout_s = self.settings.write_timeout_s
        server_timeout_s = max(1, timeout_s // 2)  # shorter than ours, so that the response says what was written
        params = {"filter_path": _BULK_RESPONSE_FIELDS, "timeout": f"{server_timeout_s}s"}
        response = self._perform("POST", f"/{index}/_bulk", lines, params, float(timeout_s), _NDJSON)
        return list(response.get("items", ())) if isinstance(response, dict) else []

    def item_error_text(self, index: str, status: int, error: Mapping[str, Any]) -> str:
        """The error of a bulk item as the message that an error of `call` has."""
        return to_item_error_text(status, error, self.access, f"/{index}/_bulk")

    def exists(self, path: str) -> bool:
        """Whether the cluster has the resource at a path."""
        return bool(self.call("HEAD", path))

    def check_version(self) -> str:
        """The cluster's version.

        Raises:
            ClusterMismatch: it is too old, or no OpenSearch.
        """
        response = self.call("GET", "/")
        version = str(response["version"]["number"]) if isinstance(response, dict) and "version" in response else ""
        if not re.match(r"\d+\.\d+", version):
            raise ClusterMismatch(f"what answers at {self.access.shown} is no OpenSearch; see {PREFIX}URL")
        if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_VERSION:
            oldest = ".".join(map(str, _OLDEST_VERSION))
            raise ClusterMismatch(f"OpenSearch at {self.access.shown} is {version}; Fondaco needs {oldest} or newer")
        return version

    def close(self) -> None:
        self._client.close()

    def _perform(
        self,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, Any],
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        params = {**params, "request_timeout": timeout_s}
        try:
            return self._client.transport.perform_request(method, path, params=params, body=body, headers=headers)
        except OpenSearchException as error:
            raise to_fondaco_error(error, self.access, path.partition("?")[0], timeout_s) from None


def _host(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host: dict[str, Any] = {"host": parts.hostname, "port": port, "use_ssl": parts.scheme == "https"}
    return {**host, "url_prefix": parts.path} if parts.path else host


def _sign_in(access: ClusterAccess) -> dict[str, str]:
    """The authorization header. The client's own fails on non-Latin letters and shows them."""
    if access.api_key:
        return {"authorization": f"ApiKey {access.api_key}"}
    if access.user:
        return {"authorization": "Basic " + b64encode(f"{access.user}:{access.password}".encode()).decode()}
    return {}
