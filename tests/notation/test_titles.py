"""The words of titles, and what may come next in one."""

import random

from folkrnn.notation.titles import MAX_WORDS, TitleWords, oddity, title_words, words_for

NAMES = [
    f"{a}{b}"
    for a in ("Ba", "Be", "Bo", "Ca", "Co", "Da", "Do", "Fa", "Ga", "Ka", "Ma", "Mo", "Na")
    for b in ("lly", "rney", "nnel", "stle")
]
ENGLISH = [f"The {one} of {other}" for one in NAMES for other in NAMES]
GERMAN = [f"Der {one}in und {other}berg" for one in NAMES for other in NAMES]


def written(words: TitleWords, seed: int) -> str:
    """Return a title of random possible characters."""
    rng, text = random.Random(seed), ""
    while True:
        character = rng.choice(sorted(words.after(text)))
        if character == "\n":
            return text
        text += character


def test_a_title_is_made_of_words_that_titles_have_at_their_places() -> None:
    words = TitleWords((), first=("My", "The"), between=("Lass", "of"), last=("Kerry", "Lass"), single=("Yellow",))
    assert words.after("") == frozenset("MTY")
    assert words.after("Th") == frozenset("e")
    assert words.after("The") == frozenset(" ")
    assert words.after("The ") == frozenset("LoK")
    assert words.after("The Lass") == frozenset(" \n")
    assert words.after("The of") == frozenset(" ")
    assert words.after("The of Kerry") == frozenset("\n")
    assert words.after("Yellow") == frozenset("\n")


def test_every_beginning_leads_to_an_end() -> None:
    (words,) = title_words((title, "Ireland") for title in ENGLISH)
    for seed in range(200):
        title = written(words, seed)
        assert len(title.split()) <= MAX_WORDS
        assert set(title.split()) <= {"The", "of", *NAMES}
        assert title.split()[-1] in NAMES


def test_origins_that_share_words_share_a_language() -> None:
    tunes = [(title, "Ireland") for title in ENGLISH] + [(title, "Germany") for title in GERMAN]
    tunes += [(title, "Scotland") for title in ENGLISH[:5]] + [(title, "Austria") for title in GERMAN[:5]]
    tunes += [(title, "") for title in GERMAN[:2]]
    languages = title_words(tunes)
    assert [set(words.origins) for words in languages] == [{"Germany", "Austria", ""}, {"Ireland", "Scotland"}]
    assert "und" in words_for(languages, "Austria").between
    assert "of" in words_for(languages, "Scotland").between
    assert words_for(languages, "Atlantis") is languages[0]


def test_words_that_the_model_cannot_write_or_that_name_another_dance_are_left_out() -> None:
    words = TitleWords((), ("The", "Été"), ("Jig", "old"), ("Jig", "Reels", "Reel's", "Day"), ("Reel",))
    kept = words.written_with("ThedayoldJigRs' D", never={"reel"})
    assert kept == TitleWords((), ("The",), ("Jig", "old"), ("Jig", "Day"), ())


def test_numbers_and_abbreviations_are_no_words_of_titles() -> None:
    (words,) = title_words([*((title, "") for title in ENGLISH), ("March 3d. Regt. of Guards", ""), ("lower Case", "")])
    assert not {"3d.", "Regt.", "Guards", "lower"} & {*words.first, *words.between, *words.last}


def test_a_word_has_its_commonest_capitals() -> None:
    titles = [*ENGLISH, "The Cat Of Balmoral"]
    (words,) = title_words((title, "") for title in titles)
    assert "of" in words.between
    assert "Of" not in words.between


def test_few_words_make_no_language() -> None:
    assert title_words((f"The {name}", "") for name in NAMES[:10]) == ()
    assert title_words([("", "")]) == ()


def test_odd_titles() -> None:
    assert oddity("The Lass of the Glen") == ""
    for title in ("The Lass of the Lass", "The of of Kerry", "A B"):
        assert oddity(title), title
