"""What answers a request: what must be equal, the index that finds it, and why nothing does.

Pure: no file, no client, no clock.
"""
