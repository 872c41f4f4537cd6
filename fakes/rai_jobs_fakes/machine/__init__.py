"""How the backend behaves: a pure state machine, stated once, shown through every face.

Rules of this room: no I/O, no clock, no threads, no randomness of its own. Whoever calls says what
time it is. Calls go in (`calls`), answers and facts come out; `table` says which state follows
which, `execution` when, `queue` who may run, `events` who may read what.
"""
