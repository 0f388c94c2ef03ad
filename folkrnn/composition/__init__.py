"""The use case of folkrnn: composing tunes and working on tunes.

    composer     from wishes or a given tune to compositions; a model kept warm.
    requests     wishes: read, checked, held against a tune.
    starts       a given beginning of the music.
    reworking    extending a tune, rewriting its bars.
    checks       what can be refused before a model is loaded.
    acceptors    the reasons to refuse a draft.
    policies     the list of acceptors for a request.
    selection    which of several accepted drafts is the best.
    settings     how tunes are written.
    index_cache  where the index of a model's corpus lies.
    critic       a network that tells the model's tunes from real ones.
    imitation    tunes in the rhythms of real ones.

Import from the modules: those that need no torch load none.
"""
