"""Text: locales, analysis, language detection, the lexicon. Knows nothing of shops."""
