"""The baseline: an LSTM in the style of char-rnn's ports, in float32, trained and sampled in the classic way.

Windows of the text begin anywhere, no tune is transposed, and headers have one order. The network reads characters
only, and its writing is not constrained.
"""

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.corpus import Corpus
from folkrnn.model.vocabulary import Vocabulary

WINDOW, ROWS = 128, 64


class Network(nn.Module):
    """A network of an embedding, two layers of nn.LSTM and a linear output."""

    def __init__(self, characters: int, hidden: int = 512) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, hidden)
        self.lstm = nn.LSTM(hidden, hidden, 2, batch_first=True, dropout=0.3)
        self.output = nn.Linear(hidden, characters)

    def forward(self, ids: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Map ids (B, T) to logits (B, T, V) and the next state."""
        outputs, state = self.lstm(self.embedding(ids), state)
        return self.output(outputs), state


class Plain:
    """A network with its vocabulary."""

    def __init__(self, model: Network, vocabulary: Vocabulary) -> None:
        self.model = model
        self.vocabulary = vocabulary

    @torch.no_grad()
    def spent(self, texts: Sequence[str]) -> list[Tensor]:
        """Return the bits of each character of each text."""
        self.model.eval()
        found = []
        for text in texts:
            ids = self.vocabulary.encode("\n" + text)
            costs = functional.cross_entropy(self.model(ids[None, :-1])[0][0], ids[1:], reduction="none")
            found.append(costs / torch.log(torch.tensor(2.0)))
        self.model.train()
        return found

    @torch.no_grad()
    def write(self, count: int, temperature: float, seed: int, max_characters: int = 2000) -> list[str]:
        """Return ``count`` texts; each ends with the line after K:, or after ``max_characters``."""
        self.model.eval()
        rng = torch.Generator().manual_seed(seed)
        end = int(self.vocabulary.encode("\n")[0])
        ids, state = torch.full((count, 1), end), None
        texts = [""] * count
        going = list(range(count))
        for _ in range(max_characters):
            logits, (hidden, cell) = self.model(ids, state)
            shares = (logits[:, -1].double() / temperature).softmax(-1)
            ids = torch.multinomial(shares, 1, generator=rng)
            for row, character in zip(going, ids, strict=True):
                texts[row] += self.vocabulary.decode(character)
            left = [place for place, row in enumerate(going) if not _over(texts[row])]
            if not left:
                break
            going, ids = [going[place] for place in left], ids[left]
            state = hidden[:, left], cell[:, left]
        self.model.train()
        return texts


def _over(text: str) -> bool:
    """Return whether the line after K:, the music, has ended."""
    return text.endswith("\n") and text[:-1].rpartition("\n")[0].rpartition("\n")[2].startswith("K:")


def train_plain(
    corpus: Corpus, minutes: float, seed: int, clock: Callable[[], float] = time.monotonic
) -> tuple[Plain, float]:
    """Train in the classic way: ROWS windows from random positions of the text, Adam at 0.002, clipped at 5.

    Return the model with the fewest bits on validation tunes, and the passes over the corpus. ``clock`` counts the
    seconds of ``minutes``.
    """
    torch.manual_seed(seed)
    vocabulary = Vocabulary.from_texts(tune.text for tune in corpus.tunes)
    stream = torch.cat([vocabulary.encode("\n" + text) for text in corpus.texts("train")])
    model = Network(len(vocabulary))
    plain, best, kept = Plain(model, vocabulary), float("inf"), {}
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    held_out = corpus.texts("validation")[::3]
    begun, steps = clock(), 0
    every = max(30.0, minutes * 60 / 20)
    checked = begun
    while (now := clock()) - begun < 60 * minutes:
        if now - checked > every:
            checked = now
            value = float(torch.cat(plain.spent(held_out)).mean())
            if value < best:
                best, kept = value, {name: weight.clone() for name, weight in model.state_dict().items()}
        places = torch.randint(len(stream) - WINDOW - 1, (ROWS, 1)) + torch.arange(WINDOW + 1)
        ids = stream[places]
        loss = functional.cross_entropy(model(ids[:, :-1])[0].transpose(1, 2), ids[:, 1:])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        steps += 1
    if kept:
        model.load_state_dict(kept)
    return plain, steps * ROWS * WINDOW / len(stream)
