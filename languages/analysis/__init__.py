"""What the analysis of a text is made of: rules by language, numbers, lemmas, light stems."""
