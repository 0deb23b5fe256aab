"""A catalogue becomes a published generation, in parts; a killed build resumes."""
