"""What a catalogue holds and what a shop must mend in it, without a build."""
