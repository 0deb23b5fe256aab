"""Cluster: a connection to OpenSearch. Here is my request, give me its answer, or an error that says what to do."""

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

_CONNECTIONS = 32  # held open to each node: more than the searches and bulk requests of one process
_ANSWERS = "items.*.status,items.*.error"
_NDJSON = {"content-type": "application/x-ndjson"}
_OLDEST = (3, 0)  # BM25 without its constant factor, bitmaps as filters


class Cluster:
    """A connection to a cluster. Safe to share between threads; opens nothing until the first request."""

    def __init__(self, access: ClusterAccess, settings: ClusterSettings | None = None) -> None:
        self.access, self.settings = access, settings or ClusterSettings()
        self._client = OpenSearch(
            [_host(url) for url in access.urls],
            headers=_sign_in(access),
            ca_certs=str(access.ca) if access.ca else None,
            verify_certs=True,
            pool_maxsize=_CONNECTIONS,
            max_retries=len(access.urls),  # another node, where one cannot be reached; a slow one is not asked again
            retry_on_status=(502,),  # 503 and 504 say what they lack
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
        """One search within its deadline. An answer that lacks a shard is none.

        One that fails early is asked once more: a node that dies takes the requests with it that it was at, and its
        shards have copies.

        Raises:
            IndexUnavailable: it was not answered in time, or not by every shard.
        """
        deadline = self.settings.search_timeout_ms / 1e3
        params |= {"allow_partial_search_results": "false", "cancel_after_time_interval": f"{round(deadline * 1e3)}ms"}
        path, began = f"/{index}/_search", time.monotonic()
        try:
            return self.call("POST", path, body, params, deadline)
        except IndexUnavailable:
            left = deadline - (time.monotonic() - began)
            if left < deadline / 2:
                raise
            return self.call("POST", path, body, params, left)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """The answer to one request, read as JSON.

        Raises:
            IndexUnavailable: away, too slow, overloaded, or a shard or the disk is missing; asked later it may answer.
            ClusterRefused: the user, the key, the certificate or a permission is wrong.
            ClusterMismatch: an index is not there, or the request does not fit this cluster.
        """
        if isinstance(body, Mapping):
            body = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
        return self._perform(method, path, body, params or {}, timeout_s or float(self.settings.write_timeout_s))

    def bulk(self, index: str, lines: bytes) -> list[dict[str, Any]]:
        """The answers to one bulk request on an index, in the order of its actions: ``{"create": {"status": 201}}``.

        `Raises` as `call`. After an `IndexUnavailable` some of it may have been written, and some not.
        """
        timeout = self.settings.write_timeout_s
        params = {"filter_path": _ANSWERS, "timeout": f"{max(1, timeout // 2)}s"}  # it answers before we stop listening
        told = self._perform("POST", f"/{index}/_bulk", lines, params, float(timeout), _NDJSON)
        return list(told.get("items", ())) if isinstance(told, dict) else []

    def item_error_text(self, index: str, status: int, error: Mapping[str, Any]) -> str:
        """What an answer of `bulk` says, in the words that the errors of `call` have."""
        return to_item_error_text(status, error, self.access, f"/{index}/_bulk")

    def exists(self, path: str) -> bool:
        """Whether the cluster has what a path names."""
        return bool(self.call("HEAD", path))

    def check_version(self) -> str:
        """The cluster's version.

        Raises:
            ClusterMismatch: it is older than what the queries are written for, or something else.
        """
        told = self.call("GET", "/")
        version = str(told["version"]["number"]) if isinstance(told, dict) and "version" in told else ""
        if not re.match(r"\d+\.\d+", version):
            raise ClusterMismatch(f"what answers at {self.access.shown} is no OpenSearch; see {PREFIX}URL")
        if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
            wanted = ".".join(map(str, _OLDEST))
            raise ClusterMismatch(f"OpenSearch at {self.access.shown} is {version}; Fondaco needs {wanted} or newer")
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
        sent = {**params, "request_timeout": timeout_s}
        try:
            return self._client.transport.perform_request(method, path, params=sent, body=body, headers=headers)
        except OpenSearchException as error:
            raise to_fondaco_error(error, self.access, path.partition("?")[0], timeout_s) from None


def _host(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host: dict[str, Any] = {"host": parts.hostname, "port": port, "use_ssl": parts.scheme == "https"}
    return {**host, "url_prefix": parts.path} if parts.path else host


def _sign_in(access: ClusterAccess) -> dict[str, str]:
    """Ours, since the client's own knows no other alphabet than Latin, and shows the password when it meets one."""
    if access.api_key:
        return {"authorization": f"ApiKey {access.api_key}"}
    if access.user:
        return {"authorization": "Basic " + b64encode(f"{access.user}:{access.password}".encode()).decode()}
    return {}
