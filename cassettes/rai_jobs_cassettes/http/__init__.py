"""HTTP: what it looks like as trees, and the seams where a client meets the world."""
