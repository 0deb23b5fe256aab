"""The truth: topics, judgements, runs and figures by locale."""
