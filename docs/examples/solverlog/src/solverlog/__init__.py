"""Solves by SQL procedures alone: `solving` does it, over a connection or in a procedure."""
