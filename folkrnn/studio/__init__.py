"""The studio: a page in the browser over a folder of tunes."""
