"""The control API, sans-io: what a test in another process says to a served backend.

What is said is pydantic models, which a file of scripts shares; a request goes in, a response comes
out. No rule of the backend is here: everything is one of `FakeBackend`'s own methods.
"""
