"""Repairs of mistyped queries: what may have been meant, and the evidence for it."""
