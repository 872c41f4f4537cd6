"""Doors: a face put where a client looks for a backend: transport, routes, socket.

A door holds no rule and no wording of its own; it carries requests to a face and answers back.
"""
