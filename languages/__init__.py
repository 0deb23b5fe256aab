"""Text and words: locales, analysis, language distribution. Knows nothing of shops."""
