"""Writing tunes with a model: the choice of characters, prompts and the batched generator."""
