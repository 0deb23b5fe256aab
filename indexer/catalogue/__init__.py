"""Here is my catalogue, give me listings: readers of every form, and the reference data beside a catalogue."""
