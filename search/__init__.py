"""One request: understand, retrieve, rank, page; the terminal and the HTTP door."""
