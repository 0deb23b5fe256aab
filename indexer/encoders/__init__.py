"""Text to unit vectors: the `Encoder` seam, its implementations, and the weights that come along."""
