"""From an understood query to candidates: the calls of both indexes, and who may be shown."""
