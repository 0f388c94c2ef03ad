import pytest

from folkrnn.corpus import load_recipe
from folkrnn.corpus.cleaning import clean_title, match_value, mend_encoding, title_key


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("The Rakes of Mallow", "The Rakes of Mallow"),
        ("Rakes of Mallow, The", "The Rakes of Mallow"),
        ("Rakes of Mallow, the", "The Rakes of Mallow"),
        ("Lark, A", "A Lark"),
        ("Green Fields, The (jig)", "The Green Fields (jig)"),
        ("  Two   spaces ", "Two spaces"),
        ('"Quoted"', "Quoted"),
        ("THE BOYNE HUNT -- REEL", "The Boyne Hunt"),
        ("Foggy Dew (2nd setting)", "Foggy Dew"),
        ("Foggy Dew, 1st Version", "Foggy Dew"),
        ("Foggy Dew. Second setting.", "Foggy Dew"),
        ("Mrs. Macdonald.", "Mrs. Macdonald"),
        ("SAILOR'S WIFE", "Sailor's Wife"),
        ("Foggy Dew, third set, in D", "Foggy Dew"),
        ("The Setting Sun", "The Setting Sun"),
        ("The First Night", "The First Night"),
        ("O'NEILL'S MARCH", "O'Neill's March"),
        ("The Kid - a reel", "The Kid"),
        ("The Kid-Reel", "The Kid-Reel"),
        ("The Kid - Reel", "The Kid"),
        ("Foggy Dew (4-53)", "Foggy Dew"),
        ("Foggy Dew (Band 2, 17)", "Foggy Dew"),
        ("Foggy Dew, S. 71ff", "Foggy Dew"),
        ("Foggy Dew, S 71", "Foggy Dew"),
        ("Foggy Dew (in 71)", "Foggy Dew (in 71)"),
        ("„Quoted“", "Quoted"),
        ('The "Quoted" Reel', 'The "Quoted" Reel'),
        ("Dreik\x94nig", "Dreikönig"),
        ("ABCD", "Abcd"),
        ("ABC 3", "ABC 3"),
        ("Rakes, An (old) one", "An Rakes (old) one"),
        ("JIG", "JIG"),
        ("Été", "Été"),
        ("", "Untitled"),
        (" .,; ", "Untitled"),
    ],
)
def test_a_title_is_written_as_people_write_it(title: str, clean: str) -> None:
    assert clean_title(title) == clean


@pytest.mark.parametrize(
    "title", ["Rakes of Mallow, The", "THE BOYNE HUNT -- REEL", "Foggy Dew (2nd setting)", "Été", ""]
)
def test_cleaning_twice_changes_nothing(title: str) -> None:
    assert clean_title(clean_title(title)) == clean_title(title)


@pytest.mark.parametrize("title", ["Billy, The Kid's", "Parlalaw, a German Tune", "Binnorie; or, The Cruel Sister"])
def test_an_article_inside_a_title_stays_where_it_is(title: str) -> None:
    assert clean_title(title) == title


@pytest.mark.parametrize(
    ("one", "other"),
    [("The Rakes of Mallow", "Rakes of Mallow, The"), ("O'Neill's Reel", "ONeills Reel"), ("Café", "CAFE"),
     ("Foggy Dew", "Foggy Dew (2nd setting)"), ("The Boyne Hunt", "BOYNE HUNT -- REEL")],
)  # fmt: skip
def test_titles_of_one_tune_have_one_key(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


def test_a_key_is_of_letters_and_digits_without_articles() -> None:
    assert title_key("The Rakes o' Mallow, No. 2") == "rakes mallow no 2"
    assert title_key("Die Forelle und der Müller") == "forelle und muller"
    assert title_key("A an of das the") == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Dreik\x94nig", "Dreikönig"), ("Dreikönig", "Dreikönig"), ("f\x81r €", "für "), ("\xa0", "\xa0")],
)
def test_dos_letters_are_mended(text: str, meant: str) -> None:
    assert mend_encoding(text) == meant


def test_titles_of_two_tunes_have_two_keys() -> None:
    assert title_key("The Rakes of Mallow") != title_key("The Rakes of Kildare")


@pytest.mark.parametrize(
    ("words", "rhythm"),
    [("Reel", "reel"), ("slip jig", "slip jig"), ("Double Jig", "jig"), ("The Kid -- Clog Hornpipe", "hornpipe"),
     ("Quick March", "quickstep"), ("Volkslied", ""), ("Lied", "song"), ("Fairy Dance", ""), ("", "")],
)  # fmt: skip
def test_words_name_the_rhythm(words: str, rhythm: str) -> None:
    assert match_value((words,), load_recipe("default").rhythms) == rhythm


@pytest.mark.parametrize(
    ("words", "origin"),
    [("Irland", "Ireland"), ("Europa, Mitteleuropa, Deutschland", "Germany"), ("Mars", ""), ("", "")],
)
def test_words_name_the_origin(words: str, origin: str) -> None:
    assert match_value((words,), load_recipe("default").origins) == origin


def test_a_pattern_begins_at_a_word_and_may_end_inside_one() -> None:
    table = {"jig": "jig", "reel|rant": "reel"}
    assert match_value(("Jigs",), table) == "jig"
    assert match_value(("thingamajig",), table) == ""
    assert match_value(("a RANT",), table) == "reel"
    assert match_value((), table) == match_value(("a jig",), {}) == ""


def test_the_first_text_and_the_first_pattern_count() -> None:
    assert match_value(("", "a reel", "a jig"), {"jig": "jig", "reel": "reel"}) == "reel"
    assert match_value(("a jig or a reel",), {"reel": "reel", "jig": "jig"}) == "reel"
