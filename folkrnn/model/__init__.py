"""The character model.

    vocabulary    the characters that a model knows.
    cells         the recurrent layers: LSTM, GRU and Elman's.
    network       the network: characters in, logits out.
    batches       tunes laid out for the network.
    provenance    where a model comes from, as its file tells.
    checkpoint    the model file.
    locations     where model files lie.
    schedule      settings of a training: its extent and its learning rates.
    trainer       a network and its optimizer, step by step.
    training      a training run: windows in, reports, models and states out.
    distributed   several processes that train one model.
    threads       work shared among threads.
    scoring       the bits of a text.
    curve         the learning curve of a run.
    progress      the progress of a run, as a line.

Import from the modules: those that need no torch load none.
"""
