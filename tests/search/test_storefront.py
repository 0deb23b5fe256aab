"""The storefront over HTTP: types, caching, policy, and a text for every key in every language."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from languages.lexicon import group
from languages.locale import LANGUAGES, Locale
from ranking.features import FEATURES
from ranking.query import Sort
from search.engine_pool import EnginePool
from search.http.app import create_app
from search.storefront.storefront import FOLDER, add_storefront, read_drawings, read_words, slug, words_for

SCRIPTS = sorted(FOLDER.glob("*.js"))
PICTURES = sorted((FOLDER / "pictures").glob("*.svg"))
WORDS = read_words(FOLDER / "words.tsv")
OWN = sorted(WORDS["language"])  # the languages the page offers
WHOLE_MAX = 60_000  # bytes of all a visitor's browser needs before the first picture
PATHS = {
    "/": "text/html; charset=utf-8",
    "/storefront/app.js": "text/javascript; charset=utf-8",
    "/storefront/style.css": "text/css; charset=utf-8",
    "/storefront/icon.svg": "image/svg+xml",
    "/storefront/words/de.json": "application/json",
    "/storefront/pictures/other.svg": "image/svg+xml",
    "/storefront/categories/de.json": "application/json",
}


@pytest.fixture(scope="module")
def client(small_snapshot: Path) -> Iterator[TestClient]:
    with TestClient(create_app(EnginePool(small_snapshot, threads=1))) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_each_file_has_its_media_type_and_a_strict_policy(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == PATHS[path]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", PATHS)
def test_a_file_in_the_browsers_cache_is_not_sent_again(client: TestClient, path: str) -> None:
    tag = client.get(path).headers["ETag"]
    same = client.get(path, headers={"If-None-Match": f'"another", {tag}'})
    other = client.get(path, headers={"If-None-Match": '"another"'})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Cache-Control"]
    assert other.status_code == 200


def test_files_are_compressed_for_clients_that_accept_it(client: TestClient) -> None:
    plain = client.get("/storefront/app.js", headers={"Accept-Encoding": "identity"})
    small = client.get("/storefront/app.js", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert int(small.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert small.content == plain.content
    assert client.get("/storefront/style.css").headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/storefront/pictures/nothing.svg",
        "/storefront/pictures/..%2Ficon.svg",
        "/storefront/words/no_language_at_all.json",
        "/storefront/words.tsv",
        "/storefront/index.html",
    ],
)
def test_an_unknown_path_is_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unknown-path"


def test_the_page_answers_head_and_refuses_post(client: TestClient) -> None:
    assert client.head("/").status_code == 200
    assert client.post("/").json()["type"] == "/problems/method-not-allowed"


def test_the_page_is_not_in_the_openapi_document(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert not [path for path in paths if path == "/" or path.startswith("/storefront")]
    assert client.get("/v1/markets").status_code == 200


@pytest.mark.parametrize(
    ("asked", "given"),
    [("de", "de"), ("de-AT", "de"), ("zh-TW", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"), ("zh-Hans-CN", "zh"),
     ("pt-PT", "pt-PT"), ("pt-BR", "pt"), ("PT_pt", "pt-PT"), ("iw", "he"), ("sw", "en")],
)  # fmt: skip
def test_texts_come_in_the_nearest_available_language(client: TestClient, asked: str, given: str) -> None:
    assert client.get(f"/storefront/words/{asked}.json").json()["tag"] == given


def test_a_region_has_only_the_texts_that_differ() -> None:
    american, british = words_for(WORDS, "en"), words_for(WORDS, "en-GB")
    brazil, portugal = words_for(WORDS, "pt")["words"], words_for(WORDS, "pt-PT")["words"]

    assert {key for key, text in british["words"].items() if text != american["words"][key]} == {"language"}
    assert (brazil["shipping"], portugal["shipping"]) == ("Frete", "Portes")
    assert brazil["brand"] == portugal["brand"]


def test_the_texts_of_a_language_include_all_that_the_page_needs() -> None:
    arabic, german = words_for(WORDS, "ar", ["other"]), words_for(WORDS, "de")

    assert (arabic["dir"], german["dir"]) == ("rtl", "ltr")
    assert arabic["pictures"] == ["other"]
    assert german["languages"]["zh-Hant"] == "繁體中文"
    assert german["examples"][0] == ("de", "kabellose Kopfhörer")
    assert len({tag for tag, _ in german["examples"]}) >= 6
    assert len(german["words"]) == sum(not key.startswith("example_") for key in WORDS)


@pytest.mark.parametrize("key", WORDS)
def test_every_text_exists_in_every_language(key: str) -> None:
    assert set(LANGUAGES) <= set(WORDS[key])
    assert set(WORDS[key]) <= set(OWN)
    assert all(str(Locale.parse(tag)) == tag for tag in WORDS[key])
    assert all(text == text.strip() for text in WORDS[key].values())


@pytest.mark.parametrize("key", WORDS)
def test_placeholders_are_the_same_in_every_language(key: str) -> None:
    wanted = _holes(WORDS[key]["en"])

    assert {tag for tag, text in WORDS[key].items() if _holes(text) != wanted} == set()


def _holes(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_the_page_uses_exactly_the_texts_that_exist() -> None:
    code = "".join(path.read_text("utf-8") for path in [*SCRIPTS, FOLDER / "index.html"])
    said = set(re.findall(r'\btext\((?:[^()"]*\? )?"(\w+)"', code)) | set(re.findall(r'data-text="(\w+)"', code))
    said |= set(re.findall(r'(?:\?|:) "(\w+)"\)', code)) & set(WORDS)  # text(condition ? "this" : "that")
    said |= set(re.findall(r'(?:field\("\w+", |\? )"(\w+)"', code)) & set(WORDS) | {"landed"}
    groups = ("sort_", "feature_", "attribute_", "example_")

    assert said - set(WORDS) == set()
    assert {key for key in WORDS if not key.startswith(groups)} - said == {"language"}


def test_every_feature_and_every_order_has_its_name() -> None:
    assert {f"feature_{feature.name}" for feature in FEATURES} <= set(WORDS)
    assert {f"sort_{sort.value}" for sort in Sort} <= set(WORDS)


def test_an_invalid_row_is_reported_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "words.tsv"
    file.write_text("search\tde\tSuchen\nsearch\tfr\n", "utf-8")
    with pytest.raises(ValueError, match=r"words.tsv:2 has 2 cells; write key, language and text"):
        read_words(file)
    file.write_text("search\tde\tSuchen\nsearch\tde\tFinden\n", "utf-8")
    with pytest.raises(ValueError, match=r"words.tsv:2 gives search in de again"):
        read_words(file)


def test_the_page_contains_no_text_of_its_own() -> None:
    found = _Text()
    found.feed((FOLDER / "index.html").read_text("utf-8"))

    assert set(found.texts) == {"Fondaco"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


@pytest.mark.parametrize("tag", OWN)
def test_the_whole_page_is_small(client: TestClient, tag: str) -> None:
    files = ["/", "/storefront/style.css", *(f"/storefront/{path.name}" for path in SCRIPTS)]
    sizes = [len(client.get(path).content) for path in [*files, f"/storefront/words/{tag}.json"]]

    assert sum(sizes) < WHOLE_MAX


def test_the_page_requests_nothing_from_other_hosts() -> None:
    files = [path for path in FOLDER.rglob("*") if path.suffix in (".html", ".css", ".js", ".svg")]
    found = {address for path in files for address in re.findall(r"(?:https?:)?//[\w.]+\w", _code(path))}

    assert found == {"http://www.w3.org"}  # the name of SVG, which is never requested


def _code(path: Path) -> str:
    """The file without the comments of a script, which may point to a specification."""
    return re.sub(r"^\s*//.*$| // .*$", "", path.read_text("utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_never_turn_text_into_html(path: Path) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", _code(path))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_an_image_can_be_on_the_page_many_times(path: Path) -> None:
    """No ids (a second one would point to the first), no styles of its own, nothing that runs or
    leads elsewhere.
    """
    elements = list(ElementTree.parse(path).iter())
    names = {element.tag.rpartition("}")[2] for element in elements}
    attributes = {name.rpartition("}")[2] for element in elements for name in element.attrib}

    assert elements[0].tag == "{http://www.w3.org/2000/svg}svg"
    assert "viewBox" in elements[0].attrib
    assert names & {"script", "style", "image", "a", "foreignObject"} == set()
    assert not [name for name in attributes if name in ("id", "style", "href") or name.startswith("on")]
    assert path.stat().st_size < 4_096


def test_every_category_has_a_name_and_nearly_every_one_a_drawing(client: TestClient) -> None:
    german = client.get("/storefront/words/de.json").json()["categories"]
    more = client.get("/storefront/categories/de.json").json()
    slugs = [slug(entry.name) for entry in group("category", "en").values()]

    assert [name for name in slugs if name not in german and name not in more["names"]] == []
    assert more["names"]["fasteners"] == "Befestigungsmaterial"
    assert len([name for name in slugs if name not in german and name not in more["drawings"]]) < 5
    assert set(more["drawings"].values()) <= {path.stem for path in PICTURES}


def test_a_drawing_of_an_unknown_category_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "drawings.tsv").write_text("category\tdrawing\nphones\tphones\nfones\tphones\n", "utf-8")

    with pytest.raises(ValueError, match=r"drawings\.tsv:3 is not a category"):
        read_drawings(tmp_path / "drawings.tsv")


def test_a_shop_can_serve_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Mine</title>", "utf-8")
    (tmp_path / "words.tsv").write_text("language\ten\tEnglish\nexample_1\ten\tkettle\n", "utf-8")
    app = FastAPI()
    add_storefront(app, tmp_path)

    assert "Mine" in TestClient(app).get("/").text
    assert TestClient(app).get("/storefront/words/en.json").json()["languages"] == {"en": "English"}
