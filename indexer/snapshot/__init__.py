"""One published state of every store: manifest, generations, audit."""
