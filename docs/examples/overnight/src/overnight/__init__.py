"""A night of solves on RelationalAI: `night` is the orchestrator, `__main__` its command."""
