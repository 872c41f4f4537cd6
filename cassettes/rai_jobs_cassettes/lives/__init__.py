"""What a recording tells of executions: what was asked and answered, and each execution's life."""
