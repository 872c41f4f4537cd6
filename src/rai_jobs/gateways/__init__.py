"""Gateways: each one speaks to a backend in one way, behind one protocol.

`protocol` is the seam; `http` is one implementation. `rows` and `filters` are what every
implementation shares: what comes back as a record, and which records are wanted.
"""
