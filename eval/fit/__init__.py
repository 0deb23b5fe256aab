"""Fits the relevance model to judged candidates."""
