"""Trains the churn model on RelationalAI: `training` does it, `__main__` is its command."""
