"""Reads the records of a file: CSV, TSV, JSON, JSON Lines, Parquet, XML; compressed or not."""
