"""Which connector is installed, and so which driver knows its insides."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version

from ..errors import CassetteError
from .driver import Driver

__all__ = ["driver_of_installed"]


def driver_of_installed() -> Driver:
    """Return the driver for the connector that is installed.

    Raises:
        CassetteError: its major version is none that is known.
    """
    connector = import_module("snowflake.connector")
    number = version("snowflake-connector-python")
    major = number.partition(".")[0]
    if major == "4":
        from .connector4 import Connector4

        return Connector4(connector)
    if major == "5":
        from .connector5 import Connector5

        return Connector5(connector)
    raise CassetteError(
        f"snowflake-connector-python {number} is installed; record and replay know versions 4 and"
        " 5: install one of them."
    )
