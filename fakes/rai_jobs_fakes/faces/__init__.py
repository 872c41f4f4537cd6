"""Faces: one way in each, sans-io. A face turns its own words into calls and answers back.

No face knows a rule of the backend: those are in `machine`. None opens a socket: that is `doors`.
"""
