"""How one file was understood, shown to a person: as text for a terminal, and as one HTML page that needs nothing else.

The page has no scripts and asks nothing of the network. `html.html_of_file` is one picklable call, as `ingest` is, so
that hostile files meet the same limits here.
"""
