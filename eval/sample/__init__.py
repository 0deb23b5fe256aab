"""The sample marketplace by seed, and its truth: topics, judgements, noisy forms."""
