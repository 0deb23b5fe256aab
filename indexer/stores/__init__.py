"""The stores of a snapshot: facts, texts, lexical and vector indexes, each with its reader."""
