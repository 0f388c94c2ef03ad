"""What is asked for is what is heard: headers that mean something, at any temperature, and titles of one's own."""

from pathlib import Path

import pytest
import torch

from folkrnn.analysis.originality import Index
from folkrnn.composition.composer import Composer
from folkrnn.errors import GenerationError, NotationError
from folkrnn.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.notation import Tune, ends_on, read_tunes
from folkrnn.notation.rhythms import RHYTHMS, meters_fit

KNOWN = "The Humours of Glen"


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Composer:
    """Return an untrained model with the characters and the repertoire of the bundled one, and an index."""
    bundled = load_checkpoint(bundled_model())
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    network = CharNetwork(NetworkSettings(hidden=16), len(bundled.vocabulary), torch.Generator().manual_seed(4))
    corpus = CorpusProvenance(repertoire=bundled.corpus.repertoire)
    save_checkpoint(path, Checkpoint(network, bundled.vocabulary, corpus))
    known = read_tunes(f"X:1\nT:{KNOWN}\nM:2/4\nL:1/8\nK:D\nDEFG|A4|\n")[0]
    Index.of([(known, f"{KNOWN} (book)")]).save(path.with_name("corpus.index"))
    return Composer(path)


def tunes(composer: Composer, count: int, **wishes: object) -> list[Tune]:
    options = {"seed": 3, "form": "2|2|", **wishes}
    return [each.tune for each in composer.generate(count, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("temperature", [0.0, 0.3, 1.0, 3.0])
def test_headers_hold_known_values_at_any_temperature(composer: Composer, temperature: float) -> None:
    learned = composer.checkpoint.corpus.learned
    rhythms = {*learned.rhythms, *(rhythm.name for rhythm in RHYTHMS)}
    for tune in tunes(composer, 12, temperature=temperature):
        assert tune.rhythm in rhythms
        assert meters_fit(tune.rhythm, str(tune.meter))
        assert tune.origin in {"", *learned.values("O")}
        assert str(tune.key) in learned.values("K")


@pytest.mark.parametrize(
    "rhythm", ["jig", "slip jig", "reel", "hornpipe", "waltz", "mazurka", "slide", "polka", "kolo"]
)
def test_a_rhythm_has_its_meter(composer: Composer, rhythm: str) -> None:
    if rhythm == "kolo":
        with pytest.raises(GenerationError, match="there is no rhythm 'kolo'"):
            tunes(composer, 1, rhythm=rhythm)
        return
    meters = {"jig": "6/8", "slip jig": "9/8", "waltz": "3/4", "mazurka": "3/4", "slide": "12/8", "polka": "2/4"}
    for tune in tunes(composer, 3, rhythm=rhythm):
        assert tune.rhythm == rhythm
        if rhythm in meters:
            assert {str(bar.meter) for bar in tune.bars} == {meters[rhythm]}


def test_what_a_rhythm_was_composed_as_is_told(composer: Composer) -> None:
    (polka,) = composer.generate(1, rhythm="polka", seed=1, form="2|")
    (jig,) = composer.generate(1, rhythm="jig", seed=1, form="2|")
    assert (polka.tune.rhythm, polka.composed_as) == ("polka", "quickstep")
    assert (jig.tune.rhythm, jig.composed_as) == ("jig", "")


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_an_asked_key_is_kept_at_any_temperature(composer: Composer, temperature: float) -> None:
    for made in composer.generate(6, key="Ador", rhythm="jig", form="4|", temperature=temperature, seed=2):
        assert made.fault == ""
        assert ends_on(made.tune.bars, 9)


def test_titles_are_of_known_words_new_and_all_different(composer: Composer) -> None:
    words = {
        word
        for language in composer.checkpoint.corpus.learned.titles
        for after in language.following.values()
        for word in after
    }
    titles = [tune.title for tune in tunes(composer, 40, title_temperature=0.2)]
    assert len(set(titles)) == len(titles)
    assert KNOWN not in titles
    assert {word for title in titles for word in title.split()} <= words


def test_a_title_names_no_other_dance(composer: Composer) -> None:
    for rhythm in ("jig", "reel", "waltz"):
        others = {"jig", "reel", "hornpipe", "march", "strathspey", "waltz", "quick", "step"} - {rhythm}
        for tune in tunes(composer, 10, rhythm=rhythm):
            assert not others & set(tune.title.lower().split())


def test_the_same_title_again_depends_only_on_the_tunes_before(composer: Composer) -> None:
    many = [tune.title for tune in tunes(composer, 30, title_temperature=0.0)]
    assert len(set(many)) == 30
    assert [tune.title for tune in tunes(composer, 8, title_temperature=0.0)] == many[:8]


def test_a_title_that_the_model_cannot_write_is_put_over_the_tune(
    composer: Composer, caplog: pytest.LogCaptureFixture
) -> None:
    (tune,) = tunes(composer, 1, title="茉莉花")
    assert tune.title == "茉莉花"
    (record,) = caplog.records
    assert (
        record.message == "the model does not know 茉 莉 花 of the title, which is put over a tune written without it"
    )


def test_a_title_with_signs_of_abc_comes_out_whole(composer: Composer) -> None:
    title = r"Half % Full &amp; \'e"
    (tune,) = tunes(composer, 1, title=title)
    assert (tune.title, read_tunes(str(tune))[0].title) == (title, title)


def test_a_title_of_another_language_than_the_origin_is_said(
    composer: Composer, caplog: pytest.LogCaptureFixture
) -> None:
    (tune,) = tunes(composer, 1, title="Der Mai ist gekommen", origin="Ireland")
    assert (tune.title, tune.origin) == ("Der Mai ist gekommen", "Ireland")
    (record,) = caplog.records
    assert record.message == "the title is in another language than the titles from Ireland"


def test_five_tunes_of_which_nothing_is_asked_are_five_dances(composer: Composer) -> None:
    for seed in range(3):
        assert len({tune.rhythm for tune in tunes(composer, 5, seed=seed)}) == 5


def test_a_mix_says_what_comes(composer: Composer) -> None:
    found = [tune.rhythm for tune in tunes(composer, 8, mix="waltz=3,reel=1")]
    assert (found.count("waltz"), found.count("reel")) == (6, 2)


def test_tunes_fit_an_instrument(composer: Composer) -> None:
    for tune in tunes(composer, 5, fit="whistle", temperature=2.0):
        assert all(62 <= pitch.midi <= 86 for note in tune.notes() for pitch in note.pitches)
    for tune in tunes(composer, 5, temperature=2.0):
        assert all(55 <= pitch.midi <= 83 for note in tune.notes() for pitch in note.pitches)
    with pytest.raises(NotationError, match="'oud' is no instrument known here"):
        tunes(composer, 1, fit="oud")


def test_a_given_beginning_may_leave_the_idiom(composer: Composer) -> None:
    (tune,) = tunes(composer, 1, start="C,,2 c''2 *", meter="4/4", key="C")
    assert [note.pitches[0].midi for note in list(tune.notes())[:2]] == [36, 96]


def test_refusals_are_told_by_kind(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    from folkrnn.composition.requests import Request

    monkeypatch.setattr(Request, "violation", lambda self, tune: "too dull")
    (made,) = composer.generate(1, key="D", form="2|", seed=1)
    assert {refusal.kind for refusal in made.text.refusals} == {"asked"}
    assert made.drafts == len(made.text.refusals) == 64


def test_the_path_of_the_model_may_be_text(tmp_path: Path) -> None:
    assert Composer(str(bundled_model())).path == bundled_model()
