"""Time: what moves only when told, threads and coroutines that sleep on it, real time in steps.

Nothing here knows the backend: a clock is an argument, and can be had without one.
"""
