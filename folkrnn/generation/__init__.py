"""Writing texts with a model.

    sampling     the choice of the next character: pure functions of logits and uniforms.
    prompts      what is given of a tune: header fields, the beginning of the music, gaps.
    texts        a tune as the model wrote it.
    titles       a title under way: the words that titles have, and whether it will do.
    drafts       which drafts of a tune are accepted, and which of several is the best.
    writing      what all drafts share: how characters are chosen, and how often something is written again.
    rows         drafts that are written side by side, character by character.
    schedule     which draft is written when, and which is delivered.
    generator    all tunes that are asked for, each independent of the others.
    beam         a search for the likeliest music.

Import from the modules: those that need no torch load none.
"""
