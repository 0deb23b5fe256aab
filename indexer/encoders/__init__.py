"""Encoders turn text into unit vectors: the protocol, its implementations and their weights."""
