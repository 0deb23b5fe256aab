"""What a snapshot is made of: facts, texts, lexical and vector indexes, each opened by whoever writes it."""
