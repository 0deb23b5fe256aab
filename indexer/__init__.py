"""Listings and how to find them: catalogues in, encoders, both indexes, facts, snapshots."""
