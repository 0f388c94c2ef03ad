"""The words of titles, and which of them follow each other."""

from folkrnn.notation.titles import END, MAX_WORDS, TitleWords, oddity, title_words, words_for

NAMES = [
    f"{beginning}{end}"
    for beginning in ("Ba", "Be", "Bo", "Ca", "Co", "Da", "Do", "Fa", "Ga", "Ka", "Ma", "Mo", "Na")
    for end in ("lly", "rney", "nnel", "stle")
]
ENGLISH = [f"The {one} of {other}" for one in NAMES for other in NAMES]
GERMAN = [f"Der {one}in und {other}berg" for one in NAMES for other in NAMES]


def words_of(*titles: str) -> TitleWords:
    (words,) = title_words((title, "") for title in (*ENGLISH, *titles))
    return words


def test_a_word_is_followed_by_those_that_came_after_it() -> None:
    words = words_of("My Lass of Kerry", "Kerry", "The Kerry Lass")
    assert set(words.after("")) == {"The", "My", "Kerry"}
    assert words.after("my") == ("Lass",)
    assert words.after("Lass") == (END, "of")
    assert words.after("Kerry") == (END, "Lass")
    assert set(words.after("of")) == {*NAMES, "Kerry"}
    assert words.after("unheard") == (END,)
    assert len(words) == len(NAMES) + len({"the", "my", "of", "kerry", "lass"})


def test_origins_that_share_words_share_a_language() -> None:
    tunes = [(title, "Ireland") for title in ENGLISH] + [(title, "Germany") for title in GERMAN]
    tunes += [(title, "Scotland") for title in ENGLISH[:5]] + [(title, "Austria") for title in GERMAN[:5]]
    tunes += [(title, "") for title in GERMAN[:2]]
    languages = title_words(tunes)
    assert [set(words.origins) for words in languages] == [{"Germany", "Austria", ""}, {"Ireland", "Scotland"}]
    assert "und" in words_for(languages, "Austria").following
    assert "of" in words_for(languages, "Scotland").following
    assert words_for(languages, "Atlantis") is languages[0]
    assert words_for((), "Ireland") == TitleWords()


def test_a_title_of_no_origin_lends_no_words_to_a_language_that_has_origins() -> None:
    (words,) = title_words([*((title, "Ireland") for title in ENGLISH), ("Der Mai", "")])
    assert "mai" not in words.following


def test_numbers_and_abbreviations_are_no_words_of_titles() -> None:
    words = words_of("March 3d. Regt. of Guards", "lower Case", "The Hare, No. 2", "The A", "Dance,")
    assert not {"3d.", "regt.", "guards", "lower", "hare,", "a", "dance,"} & words.following.keys()


def test_a_word_has_its_commonest_capitals() -> None:
    words = words_of("The Cat Of Balmoral")
    assert words.after("cat") == ("of",)


def test_few_words_make_no_language() -> None:
    assert title_words((f"The {name}", "") for name in NAMES[:10]) == ()
    assert title_words([("", "")]) == ()
    assert title_words([]) == ()


def test_odd_titles() -> None:
    assert oddity("The Lass of the Glen") == ""
    assert oddity(" ".join(NAMES[:MAX_WORDS])) == ""
    assert oddity(" ".join(NAMES[: MAX_WORDS + 1])) == "it is too long"
    for title in ("The Lass of the Lass", "The of of Kerry"):
        assert oddity(title) == "it says a word twice"
    assert oddity("A B") == "it is too short"
