"""What a query says: its parts, their readings, and the clauses that the indexes are asked."""
