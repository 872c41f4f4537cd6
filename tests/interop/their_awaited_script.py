# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# (the published client is not installed where types are checked)
"""The same program, awaited: it knows of no fake either."""

import asyncio

from relationalai.client import connect


async def main() -> None:
    client = await connect()
    solved = await client.jobs.create_ready("Prescriptive", "solver-1", {"model": "min x"})
    operation = await client.jobs.get_operation("Prescriptive", solved.id)
    print(solved.state, solved.created_by, operation.status)  # noqa: T201
    await client.aclose()


asyncio.run(main())
