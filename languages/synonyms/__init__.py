"""Synonyms of a shop: rules in files of its own, by language, read and checked."""
