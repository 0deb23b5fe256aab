"""A generated marketplace, with topics and judgements that are right by construction."""
