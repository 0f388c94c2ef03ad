"""Writing tunes with a model: the choice of characters, prompts and the batched generator."""

from folkrnn.generation.generator import GeneratedText, generate_texts
from folkrnn.generation.prompts import Prompt

__all__ = ["GeneratedText", "Prompt", "generate_texts"]
