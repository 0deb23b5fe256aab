"""Readers of catalogues in every format, and of the reference data beside a catalogue."""
