"""The studio: a page in the browser of this machine, over a folder of tunebooks.

    server     the address, the port, the browser, signals: ``serve``.
    guard      who may ask at all.
    app        the table of routes; the modules ``…_routes`` have them.
    state      a run, as the routes see it.
    jobs       tunes that are being composed.
    workers    the processes that do the work, seen from the server.
    worker     the same, seen from inside.
    composer   what the process with the model does.
    engraver   what the processes that draw, judge, export and import do.
    readings   texts as the page sends them; ``arranging``: how they are shown.
    shelf      the tunes on disk.

The server's process loads neither torch nor music21, verovio or numpy. So the page is there at once, and nothing that
goes wrong with a tune takes it down.
"""
