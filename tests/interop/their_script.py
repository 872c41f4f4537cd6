# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# (the published client is not installed where types are checked)
"""A program as its user wrote it: it knows the published client, and of no fake."""

from relationalai.client import connect_sync

client = connect_sync()
solved = client.jobs.create_ready("Prescriptive", "solver-1", {"model": "min x"})
operation = client.jobs.get_operation("Prescriptive", solved.id)
print(solved.state, solved.created_by, operation.status)  # noqa: T201
client.close()
