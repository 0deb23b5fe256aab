"""Conditions that a shopper says in words: a price, and what is not wanted."""
