"""Spelling: slips of the keyboard, sounds in Latin letters, and the words to compare them with."""
