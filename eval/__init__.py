"""Evaluation: topics, judgements, runs, and figures by locale."""
