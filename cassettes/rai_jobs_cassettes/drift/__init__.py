"""Drift: where a recording and the fake, or two recordings, say different things."""
