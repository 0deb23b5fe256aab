"""Access and settings of an OpenSearch cluster.

Addresses and credentials come from the environment alone; all else comes from a TOML file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

PREFIX = "FONDACO_OPENSEARCH_"

_CHOICES = {"knn_engine": ("lucene", "faiss"), "quantisation": ("none", "scalar")}
_MAY_BE_ZERO = {"replicas"}


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """How a cluster is used. The keys of the TOML file are the names of these fields."""

    prefix: str = "fondaco"  # of every index and alias
    shards: int = 1  # of each index; 10-50 GB a shard is what OpenSearch does best with
    replicas: int | None = None  # None: one if there are two nodes or more
    knn_engine: Literal["lucene", "faiss"] = "lucene"
    quantisation: Literal["none", "scalar"] = "none"  # of the vectors in the graph; scores stay exact
    m: int = 16  # neighbours of a vector in the graph
    ef_construction: int = 128
    ef_search: int = 512  # neighbours examined; never fewer than the hits of the search
    segments: int = 1  # that a shard is merged to, once it is written
    search_timeout_ms: int = 1_000  # deadline of one search; after it the page comes without this index
    write_timeout_s: int = 60
    facts_refresh_ms: int = 200  # refresh interval of the facts index: after it a changed price can be read
    bulk_bytes: int = 4_000_000  # of one request
    bulk_items: int = 1_000  # documents of one request
    bulk_window: int = 2  # requests in flight at once
    bulk_patience_s: int = 300  # how long a busy cluster is retried before a build gives up
    keep: int = 3  # generations kept in the cluster, including the served one

    def __post_init__(self) -> None:
        for field_ in fields(self):
            name = field_.name
            value = getattr(self, name)
            if name in _CHOICES and value not in _CHOICES[name]:
                raise ValueError(f"{name} is {value!r}; give one of {', '.join(_CHOICES[name])}")
            low = 0 if name in _MAY_BE_ZERO else 1
            if isinstance(field_.default, int) and not (type(value) is int and value >= low):
                raise ValueError(f"{name} is {value!r}; give a whole number of {low} or more")
        if self.replicas is not None and not (type(self.replicas) is int and self.replicas >= 0):
            raise ValueError(f"replicas is {self.replicas!r}; give a whole number of 0 or more, or leave it out")
        if not (isinstance(self.prefix, str) and re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", self.prefix)):
            raise ValueError(f"prefix is {self.prefix!r}; give lower-case letters, digits, '.', '_' and '-'")


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """Addresses of a cluster, and credentials, which never appear in its `repr`."""

    urls: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    ca: Path | None = None

    @property
    def shown(self) -> str:
        """The addresses, for messages."""
        return ", ".join(self.urls)


def settings_from(path: Path) -> ClusterSettings:
    """Settings of a TOML file.

    Raises:
        ValueError: not TOML, or an unknown key or a wrong value; the message says which.
    """
    allowed = {field_.name for field_ in fields(ClusterSettings)}
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        unknown = sorted(values.keys() - allowed)
        if unknown:
            raise ValueError(f"does not know {', '.join(map(repr, unknown))}; there are {', '.join(sorted(allowed))}")
        return ClusterSettings(**values)
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: {error}") from None


def access_from_environment(environment: Mapping[str, str] = os.environ) -> ClusterAccess:
    """Addresses and credentials from the environment.

    They are in ``FONDACO_OPENSEARCH_URL``, ``_USER``, ``_PASSWORD`` or ``_PASSWORD_FILE``,
    ``_API_KEY`` or ``_API_KEY_FILE``, and ``_CA``.

    Raises:
        ValueError: a variable is missing, wrong or contradicts another; the message names the
            variable, never its value.
    """
    urls = _urls(environment.get(f"{PREFIX}URL", ""))
    user = environment.get(f"{PREFIX}USER") or None
    password = _secret(environment, "PASSWORD")
    api_key = _secret(environment, "API_KEY")
    if (user is None) != (password is None):
        raise ValueError(f"{PREFIX}USER and {PREFIX}PASSWORD belong together; one of them is not set")
    if user and ":" in user:
        raise ValueError(f"{PREFIX}USER holds a ':', which no user of OpenSearch has; the password goes elsewhere")
    if api_key and not re.fullmatch(r"[!-~]+", api_key):
        raise ValueError(f"{PREFIX}API_KEY holds spaces or letters that no key has; give its encoded form")
    if user and api_key:
        raise ValueError(f"{PREFIX}USER and {PREFIX}API_KEY are both set; give one way to sign in")
    ca = environment.get(f"{PREFIX}CA") or None
    if ca and not Path(ca).is_file():
        raise ValueError(f"{PREFIX}CA names {ca}, which is no file; give the certificate authority's PEM file")
    return ClusterAccess(urls, user, password, api_key, Path(ca) if ca else None)


def settings_from_environment(environment: Mapping[str, str] = os.environ) -> ClusterSettings:
    """The settings of the file that ``FONDACO_OPENSEARCH_SETTINGS`` names, or the defaults."""
    path = environment.get(f"{PREFIX}SETTINGS")
    return settings_from(Path(path)) if path else ClusterSettings()


def _urls(given: str) -> tuple[str, ...]:
    """Addresses separated by commas. A text that may contain a password is never shown."""
    if "@" in given:
        raise ValueError(f"{PREFIX}URL holds a user or password; give them in {PREFIX}USER and {PREFIX}PASSWORD")
    urls = tuple(url.strip().rstrip("/") for url in given.split(",") if url.strip())
    if not urls:
        raise ValueError(f"{PREFIX}URL is not set; name the cluster in it, for example http://127.0.0.1:9200")
    for url in urls:
        if not _is_address(url):
            raise ValueError(f"{PREFIX}URL has {url!r}; give addresses like https://host:9200, separated by commas")
    return urls


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_host = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False
    return has_host and not parts.query and not parts.fragment


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    """A secret from its variable, or from the file that ``NAME_FILE`` names."""
    value = environment.get(PREFIX + name) or None
    path = environment.get(f"{PREFIX}{name}_FILE")
    if value and path:
        raise ValueError(f"{PREFIX}{name} and {PREFIX}{name}_FILE are both set; give one")
    if not path:
        return value
    try:
        secret = Path(path).read_text("utf-8").strip()
    except OSError as error:
        raise ValueError(f"{PREFIX}{name}_FILE names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:  # its own message shows a byte of the secret
        raise ValueError(f"{PREFIX}{name}_FILE names {path}, which is no UTF-8 text") from None
    if not secret:
        raise ValueError(f"{PREFIX}{name}_FILE names {path}, which is empty")
    return secret
