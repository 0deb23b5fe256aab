"""Files of synonyms: what they say, what is refused, and how words of a text are found in them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from languages.analyse import Token, analyse
from languages.locale import LANGUAGES
from languages.synonyms.checks import SYNONYMS_MAX
from languages.synonyms.read import FILE_MAX, RULES_MAX, TERM_MAX, read_file, read_rules
from languages.synonyms.rule import SynonymProblem
from languages.synonyms.syntax import LINE_MAX
from languages.synonyms.table import SynonymTable


def problems(text: str, language: str = "en") -> list[str]:
    """Each problem as ``line: reason``."""
    return [f"{problem.line}: {problem.reason}" for problem in read_rules(text, language, "file")[1]]


def tokens(text: str, language: str) -> list[Token]:
    return [token for token in analyse(text, language).tokens if token.lemma]


def synonyms(rules: str, text: str, language: str = "en") -> list[list[str]]:
    """What each left side in a text also means."""
    read, wrong = read_rules(rules, language, "file")
    assert wrong == ()
    matches = SynonymTable(language, read).matches(tokens(text, language))
    return [[synonym.text for synonym in match.synonyms] for match in matches]


def test_words_with_commas_between_mean_each_other() -> None:
    assert synonyms("sofa, couch, settee", "sofa") == [["couch", "settee"]]
    assert synonyms("sofa, couch, settee", "settee") == [["sofa", "couch"]]


def test_an_arrow_goes_one_way() -> None:
    assert synonyms("trainers, kicks => sneakers, running shoes", "kicks") == [["sneakers", "running shoes"]]
    assert synonyms("trainers, kicks => sneakers, running shoes", "sneakers") == []


def test_blank_lines_comments_and_a_byte_order_mark_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "en.txt"
    path.write_bytes("\ufeff# of our shop\r\n\r\n  # indented\r\nsofa, couch\r\n".encode())
    file, wrong = read_file(path, "en")

    assert wrong == ()
    assert [(rule.line, [term.text for term in rule.left]) for rule in file.rules] == [(4, ["sofa", "couch"])]


def test_a_backslash_makes_a_character_part_of_a_word() -> None:
    assert synonyms(r"2\,5 l, jug", "jug") == [["2,5 l"]]
    assert synonyms(r"a\=>b => c\\d", "a=>b") == [[r"c\d"]]
    assert synonyms(r"\#1 mug => favourite", "1 mug") == [["favourite"]]
    assert synonyms("c# => csharp", "c#") == [["csharp"]]


@pytest.mark.parametrize(
    ("language", "rules", "text", "found"),
    [
        ("en", "mobile phone => handset", "two Mobile Phones", ["handset"]),  # inflected, in other case
        ("de", "Sofa, Couch", "Sofas", ["Couch"]),
        ("ru", "кроссовки => кеды", "кроссовок", ["кеды"]),
        ("ja", "湯わかし => ケトル", "電気湯わかし器", ["ケトル"]),
        ("zh", "热水壶, 电水壶", "红色电水壶", ["热水壶"]),
        ("ru", "айфон, iphone", "iphone 15", ["айфон"]),
        ("en", "wh-1000xm5 => headphones", "sony wh-1000xm5 black", ["headphones"]),
        ("en", "ｗｉｄｅ => broad", "wide", ["broad"]),
    ],
)
def test_words_are_found_as_the_analysis_reads_them(language: str, rules: str, text: str, found: Sequence[str]) -> None:
    assert synonyms(rules, text, language) == [found]


def test_the_longest_left_side_counts() -> None:
    rules = "phone => handset\nphone case => sleeve\ncase => box"

    assert synonyms(rules, "phone case") == [["sleeve"]]
    assert synonyms(rules, "phone red case") == [["handset"], ["box"]]


def test_words_that_only_share_a_stem_are_not_one_word() -> None:
    assert problems("kapak, kapı => kapan", "tr") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("sofa =>", "has nothing right of =>"),
        ("=> sofa", "has nothing left of =>"),
        ("=>", "has nothing left of =>"),
        ("sofa,, couch", "has a comma with no word beside it"),
        ("sofa, couch,", "has a comma with no word beside it"),
        (",", "has a comma with no word beside it"),
        ("sofa", "'sofa' has no synonym; write sofa, OTHER or sofa => OTHER"),
        ("a => b => c", "has more than one =>"),
        ("sofa => Sofa", "'sofa' and 'Sofa' are read as one word"),
        ("sofa, sofas", "'sofa' and 'sofas' are read as one word"),
        ("sofa => sofa, couch", "'sofa' is given as its own synonym; a word always finds itself"),
        ("sofa => couch, couches", "that 'sofa' also means 'couches' stands twice in this line"),
        ("sofa, !!!", "'!!!' has no letter and no digit"),
        ("sofa，couch", "has '，'; write , between words, or \\， for the character itself"),
        ("sofa، couch", "has '،'"),
        ("sofa -> couch", "has '->'; write => between words"),
        ("sofa → couch", "has '→'"),
        ("sofa, couch # both", "has a # after the rule; give a comment a line of its own"),
        ("sofa, couch\\", "ends with a backslash"),
        ("sofa, " + "x" * (TERM_MAX + 1), f"has {TERM_MAX + 1} characters, a term at most {TERM_MAX}"),
        ("sofa, couch " * LINE_MAX, f"at most {LINE_MAX:,} are read"),
        (", ".join(f"word{n}x" for n in range(SYNONYMS_MAX + 2)), f"has {SYNONYMS_MAX + 1} synonyms or more"),
        ("кухня, kitchen", "'кухня' has letters that 'en' is not written in (кухня); they must be Latin or Greek"),
    ],
)
def test_a_line_that_is_no_rule_is_refused_with_what_to_mend(line: str, reason: str) -> None:
    (problem,) = problems(f"# before\n{line}\nlamp, light")

    assert problem.startswith("2: ")
    assert reason in problem


@pytest.mark.parametrize(
    ("language", "word", "home"),
    [
        ("de", "диван", "it may belong in ru.txt or uk.txt"),
        ("ru", "ソファ", "it may belong in ja.txt"),
        ("ja", "диван", "it may belong in ru.txt"),
        ("he", "أريكة", "it may belong in ar.txt"),
        ("th", "ספה", "it may belong in he.txt"),
        ("en", "Բազմոց", "they must be Latin or Greek"),
    ],
)
def test_letters_of_another_script_are_refused(language: str, word: str, home: str) -> None:
    (problem,) = problems(f"{word}, sofa", language)

    assert home in problem


@pytest.mark.parametrize(
    ("language", "rule"),
    [
        ("ru", "айфон, iphone"), ("ja", "Tシャツ, ティーシャツ"), ("ja", "人々, 佐々木"), ("ko", "美, 아름다움"),
        ("en", "Sony α7, Sony a7"), ("uk", "м'яч, пʼять"), ("es", "nº 5, number 5"), ("hi", "कुर्ता, kurta"),
        ("de", "10 µm, 10 mikrometer"), ("th", "หูฟัง, earphone"), ("vi", "điện thoại, dế"),
        ("zh", "ｉＰｈｏｎｅ, 苹果手机"),
    ],
)  # fmt: skip
def test_letters_that_a_language_borrows_are_not_refused(language: str, rule: str) -> None:
    assert problems(rule, language) == []


def test_a_word_of_two_scripts_that_look_alike_is_refused() -> None:
    assert "mixes Cyrillic and Latin" in problems("нocки, чулки", "ru")[0]


def test_a_pair_that_another_line_has_is_refused_with_that_line() -> None:
    assert problems("sofa, couch\nsofa => couch, settee") == [
        "2: that 'sofa' also means 'couch' stands in line 1 already; leave one out"
    ]


def test_lines_of_one_word_add_up() -> None:
    one, other = (", ".join(f"{name}{n}x" for n in range(12)) for name in ("a", "b"))

    assert problems(f"sofa => {one}") == []
    assert f"has {SYNONYMS_MAX + 1} synonyms or more" in problems(f"sofa => {one}\nsofas => {other}")[0]


def test_one_way_rules_that_go_in_a_circle_are_refused() -> None:
    (circle,) = problems("lamp => torch\ntorch => flashlight\nmug, cup\nflashlights => lamps")

    assert circle.startswith("1: one-way rules go in a circle: lamp => torch => flashlight => lamp (lines 1, 2, 4)")
    assert "write one line with commas: lamp, torch, flashlight" in circle


def test_each_circle_is_one_problem_and_a_long_one_is_found() -> None:
    chain = "\n".join(f"w{n}x => w{n + 1}x" for n in range(3_000))

    assert problems(chain) == []
    assert len(problems(f"{chain}\nw3000x => w0x\nlamp => torch\ntorch => lamp")) == 2


def test_all_problems_are_named_at_once_in_order() -> None:
    text = "sofa =>\nlamp, lamps\nmug, cup\ncup => mug\nтарелка, plate\n"

    assert [problem.partition(":")[0] for problem in problems(text)] == ["1", "2", "4", "5"]


def test_a_problem_names_file_and_line() -> None:
    assert str(SynonymProblem("de.txt", 3, "is empty")) == "de.txt:3: is empty"
    assert str(SynonymProblem("de.txt", 0, "is empty")) == "de.txt: is empty"


def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "de.txt"
    path.write_bytes("Sofa, Couch\nTür, Türe\n".encode("latin-1"))

    assert [(wrong.line, wrong.reason) for wrong in read_file(path, "de")[1]] == [
        (2, "byte 0xfc is not UTF-8; save the file in UTF-8")
    ]


def test_a_huge_file_is_refused_without_reading_it_all(tmp_path: Path) -> None:
    path = tmp_path / "de.txt"
    path.write_bytes(b"x" * (FILE_MAX + 10))

    assert "larger than" in read_file(path, "de")[1][0].reason


def test_too_many_rules_are_refused_at_the_first_that_is_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("languages.synonyms.read.RULES_MAX", 2)

    assert problems("a1, b1\na2, b2\na3, b3\na4, b4")[0].startswith("3: is rule 3 of the file, which may have 2")
    assert RULES_MAX >= 10_000


LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.lists(st.sampled_from(["sofa", "couch", "a", "b c", "диван", "ソファ", "=>", ",", "\\", "#", "", "-"])).map(
            " ".join
        ),
    ),
    max_size=8,
).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(LINES, st.sampled_from(LANGUAGES))
def test_any_text_gives_rules_and_problems_and_never_an_error(text: str, language: str) -> None:
    rules, wrong = read_rules(text, language, "file")
    table = SynonymTable(language, rules)

    assert all(problem.line >= 1 and problem.reason for problem in wrong)
    assert list(wrong) == sorted(wrong)
    for match in table.matches(tokens(text, language)):
        assert match.start < match.stop
        assert match.synonyms


WORDS = st.sampled_from(["sofa", "couch", "bench", "red lamp", "lamp", "kettle 2", "mug", "Tür", "ソファ", "c#"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=2, max_size=4, unique=True).map(", ".join), max_size=6).map("\n".join))
def test_two_way_rules_are_symmetric(text: str) -> None:
    rules, _ = read_rules(text, "ja", "file")
    table = SynonymTable("ja", rules)
    meant = {
        (term.text, synonym.text)
        for rule in rules
        for term in rule.left
        for match in table.matches([*tokens(term.text, "ja")][: len(term.lemmas)])
        if match.stop - match.start == len(term.lemmas)
        for synonym in match.synonyms
    }

    assert meant == {(other, one) for one, other in meant}


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=6).map(" ".join))
def test_matches_never_overlap_and_come_in_order(text: str) -> None:
    rules, _ = read_rules(
        "sofa, couch\nred lamp => torch\nlamp => light\nlamp kettle => urn\nmug sofa => seat", "en", "f"
    )
    matches = SynonymTable("en", rules).matches(tokens(text, "en"))

    assert all(one.stop <= other.start for one, other in pairwise(matches))


def test_ten_thousand_rules_are_looked_up_in_a_tenth_of_a_millisecond() -> None:
    text = "\n".join(f"word{n}x strap, strap{n}x, brand word{n}x" for n in range(10_000))
    rules, wrong = read_rules(text, "en", "file")
    table = SynonymTable("en", rules)
    query = tokens("red leather word77x strap for brand word4321x watch", "en")
    took_s = []
    for _ in range(50):
        begun = time.perf_counter()
        matches = table.matches(query)
        took_s.append(time.perf_counter() - begun)

    assert wrong == ()
    assert [len(match.synonyms) for match in matches] == [2, 2]
    assert min(took_s) < 0.0001
