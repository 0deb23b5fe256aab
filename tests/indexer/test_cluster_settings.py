"""Access and settings of a cluster: what is read, and the message for each mistake."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from indexer.opensearch.cluster_settings import (
    PREFIX,
    ClusterAccess,
    ClusterSettings,
    access_from_environment,
    settings_from,
    settings_from_environment,
)

URL = "https://search.example:9200"
SECRET = "s3cret-8841"


def access(**variables: str) -> ClusterAccess:
    return access_from_environment({PREFIX + name: value for name, value in variables.items()})


def message_of(**variables: str) -> str:
    with pytest.raises(ValueError, match=PREFIX) as caught:
        access(**variables)
    return str(caught.value)


def test_addresses_are_read_without_separators_and_final_slashes() -> None:
    read = access(URL=" http://a:9200/ ,https://b.example,http://[::1]:9200,https://c/search/ ,")

    assert read == ClusterAccess(("http://a:9200", "https://b.example", "http://[::1]:9200", "https://c/search"))
    assert read.shown == "http://a:9200, https://b.example, http://[::1]:9200, https://c/search"


def test_a_user_with_a_password_is_read() -> None:
    assert access(URL=URL, USER="me", PASSWORD=SECRET) == ClusterAccess((URL,), "me", SECRET)


def test_a_key_and_an_authority_are_read(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("PEM")

    assert access(URL=URL, API_KEY=SECRET, CA=str(ca)) == ClusterAccess((URL,), api_key=SECRET, ca=ca)


@pytest.mark.parametrize("name", ["PASSWORD", "API_KEY"])
def test_a_secret_is_read_from_the_file_that_a_variable_names(tmp_path: Path, name: str) -> None:
    secret_file = tmp_path / "secret"
    secret_file.write_text(f"{SECRET}\n", "utf-8")
    others = {"USER": "me"} if name == "PASSWORD" else {}
    read = access(URL=URL, **others, **{f"{name}_FILE": str(secret_file)})

    assert (read.password if name == "PASSWORD" else read.api_key) == SECRET


def test_empty_variables_count_as_unset() -> None:
    read = access(URL=URL, USER="", PASSWORD="", PASSWORD_FILE="", API_KEY="", API_KEY_FILE="", CA="")

    assert read == ClusterAccess((URL,))


def test_no_secret_is_printed_with_the_access() -> None:
    printed = repr(access(URL=URL, USER="me", PASSWORD=SECRET)) + repr(access(URL=URL, API_KEY=SECRET))

    assert "me" in printed
    assert SECRET not in printed


@pytest.mark.parametrize("given", ["", " , "])
def test_a_cluster_has_to_be_named(given: str) -> None:
    assert message_of(URL=given) == (
        "FONDACO_OPENSEARCH_URL is not set; name the cluster in it, for example http://127.0.0.1:9200"
    )


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{SECRET}@host:9200",
        f"me:{SECRET}@host:9200",  # no scheme
        f"https://me:{SECRET}/7@host",  # what follows the slash is no host any more
        f"https://me:{SECRET},7@host",  # and what follows the comma another address
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    message = message_of(URL=url)

    assert message == (
        "FONDACO_OPENSEARCH_URL holds a user or password; "
        "give them in FONDACO_OPENSEARCH_USER and FONDACO_OPENSEARCH_PASSWORD"
    )


@pytest.mark.parametrize(
    "url",
    [
        "host:9200", "ftp://host", "https://", "https://:9200", "https://host:port", "https://host:99999",
        "https://host:0", "https://[::1", "https://host/?pretty", "https://host#top",
    ],
)  # fmt: skip
def test_an_invalid_address_is_reported(url: str) -> None:
    assert message_of(URL=f"{URL},{url}") == (
        f"FONDACO_OPENSEARCH_URL has {url.rstrip('/')!r}; give addresses like https://host:9200, separated by commas"
    )


CONTRADICTIONS: dict[str, tuple[dict[str, str], str]] = {
    "a user alone": (
        {"USER": "me"},
        "FONDACO_OPENSEARCH_USER and FONDACO_OPENSEARCH_PASSWORD belong together; one of them is not set",
    ),
    "a password alone": (
        {"PASSWORD": SECRET},
        "FONDACO_OPENSEARCH_USER and FONDACO_OPENSEARCH_PASSWORD belong together; one of them is not set",
    ),
    "two ways in": (
        {"USER": "me", "PASSWORD": SECRET, "API_KEY": SECRET},
        "FONDACO_OPENSEARCH_USER and FONDACO_OPENSEARCH_API_KEY are both set; give one way to sign in",
    ),
    "a colon": (
        {"USER": f"me:{SECRET}", "PASSWORD": SECRET},
        "FONDACO_OPENSEARCH_USER holds a ':', which no user of OpenSearch has; the password goes elsewhere",
    ),
    "a key of two lines": (
        {"API_KEY": f"{SECRET}\nmore"},
        "FONDACO_OPENSEARCH_API_KEY holds spaces or letters that no key has; give its encoded form",
    ),
    "a password twice": (
        {"USER": "me", "PASSWORD": SECRET, "PASSWORD_FILE": "x"},
        "FONDACO_OPENSEARCH_PASSWORD and FONDACO_OPENSEARCH_PASSWORD_FILE are both set; give one",
    ),
    "a key twice": (
        {"API_KEY": SECRET, "API_KEY_FILE": "x"},
        "FONDACO_OPENSEARCH_API_KEY and FONDACO_OPENSEARCH_API_KEY_FILE are both set; give one",
    ),
    "no authority there": (
        {"CA": "no/such.pem"},
        "FONDACO_OPENSEARCH_CA names no/such.pem, which is no file; give the certificate authority's PEM file",
    ),
    "no secret there": (
        {"API_KEY_FILE": "no/such"},
        "FONDACO_OPENSEARCH_API_KEY_FILE names no/such, which cannot be read: No such file or directory",
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions_are_reported_by_variable_and_without_secrets(name: str) -> None:
    variables, message = CONTRADICTIONS[name]

    assert message_of(URL=URL, **variables) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [(b" \n", "is empty"), (SECRET.encode() + b"\xff", "is no UTF-8 text")],
    ids=["empty", "bytes"],
)
def test_a_file_without_a_secret_is_reported(tmp_path: Path, content: bytes, message: str) -> None:
    secret_file = tmp_path / "secret"
    secret_file.write_bytes(content)

    assert message_of(URL=URL, USER="me", PASSWORD_FILE=str(secret_file)) == (
        f"FONDACO_OPENSEARCH_PASSWORD_FILE names {secret_file}, which {message}"
    )


def test_every_setting_can_be_given_in_a_file(tmp_path: Path) -> None:
    wanted = ClusterSettings(prefix="shop-2.a_b", replicas=0, knn_engine="faiss", quantisation="scalar")
    wanted = ClusterSettings(**{
        **asdict(wanted),
        **{field.name: number for number, field in enumerate(fields(wanted), 5) if isinstance(field.default, int)},
    })  # fmt: skip
    lines = [f"{name} = {value if isinstance(value, int) else repr(value)}" for name, value in asdict(wanted).items()]
    path = tmp_path / "cluster.toml"
    path.write_text("\n".join(lines), "utf-8")

    assert settings_from(path) == wanted
    assert settings_from_environment({f"{PREFIX}SETTINGS": str(path)}) == wanted


def test_without_a_file_the_defaults_apply() -> None:
    assert settings_from_environment({}) == ClusterSettings()
    assert settings_from_environment({f"{PREFIX}SETTINGS": ""}) == ClusterSettings()


def integers() -> list[str]:
    return [field.name for field in fields(ClusterSettings) if isinstance(field.default, int)]


@pytest.mark.parametrize("name", integers())
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2", None])
def test_a_number_out_of_range_or_of_another_type_is_reported(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{name} is {value!r}; give a whole number of 1 or more")):
        ClusterSettings(**{name: value})


@pytest.mark.parametrize("value", [-1, 1.5, True, "2"])
def test_replicas_may_be_none_or_left_out(value: Any) -> None:
    message = f"replicas is {value!r}; give a whole number of 0 or more, or leave it out"
    with pytest.raises(ValueError, match=re.escape(message)):
        ClusterSettings(replicas=value)

    assert [ClusterSettings(replicas=given).replicas for given in (None, 0, 2)] == [None, 0, 2]


@pytest.mark.parametrize("value", ["", "Shop", "-shop", "_shop", "a b", "a*", "a" * 101, 5, None])
def test_an_invalid_index_prefix_is_reported(value: Any) -> None:
    message = f"prefix is {value!r}; give lower-case letters, digits, '.', '_' and '-'"
    with pytest.raises(ValueError, match=re.escape(message)):
        ClusterSettings(prefix=value)


@pytest.mark.parametrize(
    ("name", "choices"), [("knn_engine", "lucene, faiss"), ("quantisation", "none, scalar")], ids=str
)
def test_an_unknown_choice_is_reported(name: str, choices: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{name} is 'nmslib'; give one of {choices}")):
        ClusterSettings(**{name: "nmslib"})  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"shards = 0", "shards is 0; give a whole number of 1 or more"),
        (b"shard = 2\npassword = 's3cret'", "does not know 'password', 'shard'; there are bulk_bytes, "),
        (b"shards = ", "Invalid value (at end of document)"),
        (b"prefix = '\xff'", "'utf-8' codec can't decode"),
    ],
    ids=["value", "key", "toml", "bytes"],
)
def test_an_invalid_file_is_named_with_its_error(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "cluster.toml"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path}: {message}")) as caught:
        settings_from(path)

    assert "s3cret" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file or directory"):
        settings_from(tmp_path / "none.toml")
