from pathlib import Path

import pytest

from folkrnn.corpus import (
    SourceSettings,
    build_corpus,
    list_recipes,
    load_recipe,
    music21_collection,
    read_text,
    recipe_of,
)
from folkrnn.corpus.build import clean
from folkrnn.corpus.recipe import parse_recipe
from folkrnn.errors import CorpusError
from folkrnn.notation import read_tunes
from folkrnn.notation.rhythms import RHYTHMS

SOURCE = 'name = "mine"\n[[source]]\npath = "tunes.abc"\n'


def refused(text: str) -> str:
    """Return the one line with which a recipe is refused."""
    with pytest.raises(CorpusError) as error:
        parse_recipe(text, "mine.toml")
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_recipes_that_ship_with_folkrnn_load() -> None:
    recipes = list_recipes()
    assert "default" in [recipe.name for recipe in recipes]
    for recipe in recipes:
        assert load_recipe(recipe.name) == recipe
        assert recipe.sources


def test_the_default_recipe_says_where_tunes_come_from_and_what_is_dropped() -> None:
    recipe = load_recipe("default")
    assert [source.collection for source in recipe.sources] == [
        "oneills1850", "ryansMammoth", "airdsAirs", "essenFolksong", "miscFolk"
    ]  # fmt: skip
    assert "slurs" in recipe.drop
    assert recipe.allow == ("pickup-mismatch",)


@pytest.mark.parametrize(
    ("file", "number", "rhythm"),
    [
        ("0001-0050.abc", "1", "air"),
        ("0001-0050.abc", "28", "lament"),  # by its title
        ("0201-0300.abc", "264", ""),  # 5/4
        ("0626-0700.abc", "699", ""),
        ("0626-0700.abc", "800", ""),  # a slip for 700, not in 6/8
        ("0759-0810.abc", "787", "slide"),  # by its field R:
        ("0811-0899.abc", "811", "jig"),
        ("0951-0981.abc", "980", ""),  # 12/8
        ("1376-1475.abc", "1376", "reel"),
        ("1625-1700.abc", "1625", "hornpipe"),
        ("1781-1800.abc", "1790", ""),
        ("1801-1850.abc", "1804", ""),
    ],
)
def test_the_default_recipe_tells_the_rhythms_of_o_neills_sections(file: str, number: str, rhythm: str) -> None:
    recipe = load_recipe("default")
    (path,) = [each for each in music21_collection("oneills1850") if each.name == file]
    (tune,) = [each for each in read_tunes(read_text(path)) if each.number == number]
    assert clean(tune, recipe, recipe.sources[0]).rhythm == rhythm


def test_a_recipe_reads_its_fields() -> None:
    recipe = parse_recipe(
        SOURCE + 'rhythm = "reel"\n[clean]\ndrop = ["graces"]\nshortest_bars = 4\n'
        '[split]\ntest = 0.1\n[rhythms]\njig = "jig"\n',
        "mine.toml",
    )
    assert (recipe.name, recipe.sources[0].path, recipe.sources[0].rhythm) == ("mine", "tunes.abc", "reel")
    assert (recipe.drop, recipe.shortest_bars, recipe.test, recipe.rhythms) == (("graces",), 4, 0.1, {"jig": "jig"})


def test_the_numbers_of_a_source_are_ranges_with_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SOURCE + '[source.numbers]\n"20-29" = "jig"\n30 = "reel"\n"1-9" = "air"\n')
    (source,) = load_recipe(str(path)).sources
    given = {number: source.rhythm_of(number) for number in ("0", "1", "9", "10", "19", "20", "029", "30", "31")}
    assert {number: rhythm for number, rhythm in given.items() if rhythm} == {
        "1": "air", "9": "air", "20": "jig", "029": "jig", "30": "reel"
    }  # fmt: skip
    assert {source.rhythm_of(number) for number in ("", "20a", "-20", "2 0", "20-29", "2" * 5000)} == {""}


def test_paths_start_from_the_recipes_folder(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SOURCE)
    assert load_recipe(str(path)).sources[0].path == str(tmp_path / "tunes.abc")


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'name = "mine"\n[[source]]\npath = "{tmp_path / "x.abc"}"\n')
    assert load_recipe(str(path)).sources[0].path == str(tmp_path / "x.abc")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name = ", "is no TOML"),
        ("this is no toml", "is no TOML"),
        ('[[source]]\npath = "x"\n', "name"),
        ('name = "x"\n', "no [[source]]"),
        ('name = "x"\n[[source]]\n', "either collection"),
        ('name = "x"\n[[source]]\npath = "a"\ncollection = "b"\n', "either collection"),
        (SOURCE + 'colour = "red"\n', "colour"),
        ('mood = "sad"\n' + SOURCE, "mood"),
        (SOURCE + "[clean]\nlongest = 4\n", "longest"),
        (SOURCE + '[clean]\ndrop = ["bars"]\n', "bars"),
        (SOURCE + "[clean]\ndrop = 3\n", "int"),
        (SOURCE + '[clean]\nshortest_bars = "four"\n', "shortest_bars"),
        (SOURCE + "[split]\ntest = 0.6\nvalidation = 0.5\n", "split.test"),
        (SOURCE + "[split]\ntest = -0.1\n", "split.test"),
        (SOURCE + '[split]\ntest = "some"\n', "test"),
        (SOURCE + '[split]\nfamilies = "all"\n', "split.families is 'all'; expected 'close' or 'wide'"),
        (SOURCE + '[rhythms]\n"(" = "jig"\n', "regular expression"),
        (SOURCE + "[rhythms]\njig = 6\n", "rhythms"),
        (SOURCE + 'rhythm = 6\n', "rhythm"),
        (SOURCE + "numbers = 6\n", "expected a table of texts"),
        (SOURCE + "[source.numbers]\n701-1115 = 6\n", "expected a table of texts"),
        (SOURCE + '[source.numbers]\n"1115-701" = "jig"\n', "'1115-701' is no range of numbers"),
        (SOURCE + '[source.numbers]\n"701 to 1115" = "jig"\n', 'expected one like "701-1115" or "701"'),
        (SOURCE + '[source.numbers]\n"-5" = "jig"\n', "[source.numbers] of tunes: '-5'"),
        (SOURCE + '[source.numbers]\n"5-9" = "jig"\n"1-5" = "air"\n', "of tunes: 5 is in two ranges"),
        ('name = "x"\nsource = "tunes.abc"\n', ""),
        ('name = "x"\n[[source]]\ncollection = 5\n', "collection"),
        ("name = 5\n[[source]]\npath = \"x\"\n", "name"),
    ],
)  # fmt: skip
def test_a_bad_recipe_is_refused_in_one_line_that_names_the_fault(text: str, named: str) -> None:
    assert named in refused(text)


def test_an_unknown_recipe_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CorpusError, match=r"'folk' is no recipe, file or folder; expected default, "):
        load_recipe("folk")


def test_a_recipe_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read as a recipe: No such file"):
        load_recipe(str(tmp_path / "none.toml"))


def test_a_recipe_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorpusError, match="cannot be read as a recipe"):
        load_recipe(str(path))


@pytest.mark.parametrize("name", ["nowhere", "../corpus/airdsAirs", "bach"])
def test_an_unknown_collection_is_refused(name: str) -> None:
    with pytest.raises(CorpusError, match="has no collection"):
        build_corpus(parse_recipe(f'name = "x"\n[[source]]\ncollection = "{name}"\n', "x.toml"))


def test_files_are_cleaned_like_the_default_corpus() -> None:
    default, recipe = load_recipe("default"), recipe_of(["a.abc", "b.abc"])
    assert [source.path for source in recipe.sources] == ["a.abc", "b.abc"]
    assert (recipe.drop, recipe.allow, recipe.rhythms) == (default.drop, default.allow, default.rhythms)


def test_the_hash_of_the_default_recipe_stays() -> None:
    assert load_recipe("default").digest == "b5bf48f6e476"


def test_a_recipe_as_plain_data_names_its_sources() -> None:
    recipe = parse_recipe(SOURCE + '[clean]\ndrop = ["graces"]\nallow = ["no-key"]\n', "mine.toml")
    assert recipe.settings() == {
        "name": "mine", "sources": ["tunes"], "drop": ["graces"], "allow": ["no-key"], "shortest_bars": 1,
        "longest_characters": 4000, "validation": 0.05, "test": 0.05, "families": "wide",
    }  # fmt: skip
    assert SourceSettings(path="-").name == "stdin"
    assert SourceSettings(collection="airdsAirs").name == "airdsAirs"


@pytest.mark.parametrize(("validation", "test", "right"), [(0.0, 0.0, True), (0.4, 0.5, True), (0.5, 0.5, False)])
def test_a_split_leaves_some_to_train_on(validation: float, test: float, right: bool) -> None:
    text = SOURCE + f"[split]\nvalidation = {validation}\ntest = {test}\n"
    if right:
        assert parse_recipe(text, "mine.toml").test == test
    else:
        assert "must leave some to train on" in refused(text)


def test_families_are_wide_unless_the_recipe_says_otherwise() -> None:
    assert parse_recipe(SOURCE, "mine.toml").families == recipe_of(["a.abc"]).families == "wide"
    close = parse_recipe(SOURCE + '[split]\nfamilies = "close"\n', "mine.toml")
    assert close.families == load_recipe("default").families == "close"
    assert close.digest != parse_recipe(SOURCE, "mine.toml").digest


def test_the_fingerprint_of_a_recipe_follows_what_it_says() -> None:
    one = parse_recipe(SOURCE, "mine.toml")
    other = parse_recipe(SOURCE + '[rhythms]\njig = "jig"\n', "mine.toml")
    assert one.digest == parse_recipe(SOURCE, "yours.toml").digest != other.digest
    sections = [parse_recipe(f'{SOURCE}[source.numbers]\n"{each}" = "jig"\n', "mine.toml") for each in ("1-9", "1-8")]
    assert len({one.digest, *(recipe.digest for recipe in sections)}) == 3


def test_the_default_mix_is_that_of_the_table_of_rhythms() -> None:
    assert load_recipe("default").mix == {rhythm.name: rhythm.share for rhythm in RHYTHMS if rhythm.share}


@pytest.mark.parametrize("mix", ["reel = -1", "reel = 0", 'reel = "much"', "reel = true"])
def test_a_mix_is_weights(mix: str) -> None:
    with pytest.raises(CorpusError, match="mix"):
        parse_recipe(f"{SOURCE}\n[mix]\n{mix}\n", "yours.toml")
    assert parse_recipe(f"{SOURCE}\n[mix]\nreel = 2\njig = 0.5\n", "yours.toml").mix == {"reel": 2, "jig": 0.5}
