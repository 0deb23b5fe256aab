"""Bilingual dictionaries that an operator adds to a snapshot: their files, their compiled form."""
