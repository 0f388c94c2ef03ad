"""Titles with articles: how they are shown and how they are sorted."""

import pytest

from folkrnn.notation.articles import shown_title, sort_key


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Kettle, The", "The Kettle"),
        ("Kettle,the", "The Kettle"),
        ("Kildare Fancy, The (hornpipe)", "The Kildare Fancy (hornpipe)"),
        ("Kettle, The - slow", "The Kettle - slow"),
        ("Jack, Will and Tom, A", "A Jack, Will and Tom"),
        ("Bhó Bhuí, An", "An Bhó Bhuí"),
        ("bhó bhuí, an", "An bhó bhuí"),
        ("Mühle, Die", "Die Mühle"),
        ("Année passée, L'", "L'Année passée"),
        ("Année passée, L’", "L’Année passée"),
        ("Molen, Het", "Het Molen"),
        ("Bransles, Les", "Les Bransles"),
    ],
)
def test_an_article_at_the_end_is_shown_at_the_beginning(written: str, shown: str) -> None:
    assert shown_title(written) == shown


@pytest.mark.parametrize(
    "title",
    [
        "",
        "The",
        ", The",
        "Sally, O",
        "Polka, No. 2",
        "Up, The Boys",
        "The Kettle",
        "Kettle, Thermal",
        "Brich, Licht, an",
    ],
)
def test_other_titles_are_shown_as_they_are(title: str) -> None:
    assert shown_title(title) == title


def test_titles_are_sorted_without_articles_accents_and_capitals() -> None:
    titles = ["The Mill", "éire", "Anvil, The", "Zulu", "L'Été", "'Twas So", "“A Lark”", "Die Bim", "eist"]
    assert sorted(titles, key=sort_key) == [
        "Anvil, The", "Die Bim", "éire", "eist", "L'Été", "“A Lark”", "The Mill", "'Twas So", "Zulu",
    ]  # fmt: skip


def test_an_article_alone_is_a_title() -> None:
    assert [sort_key(title) for title in ("The", "A", "")] == ["the", "a", ""]
