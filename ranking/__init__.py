"""Ranking: landed prices, features, profiles, the blend.

Uses no network and no clock; reads profiles at start.
"""
