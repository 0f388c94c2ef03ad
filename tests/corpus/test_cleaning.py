import pytest

from folkrnn.corpus import load_recipe
from folkrnn.corpus.cleaning import clean_title, match_value, title_key


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


def test_the_first_text_and_the_first_pattern_count() -> None:
    assert match_value(("", "a reel", "a jig"), {"jig": "jig", "reel": "reel"}) == "reel"
    assert match_value(("a jig or a reel",), {"reel": "reel", "jig": "jig"}) == "reel"
