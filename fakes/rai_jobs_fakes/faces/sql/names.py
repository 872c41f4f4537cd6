"""What a path in a statement means: the one app, its schemas, its views and its routines (spec §5).

Everything that is not the app's is refused here, as Snowflake refuses what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .failures import unknown_database, unknown_function, unknown_object, unknown_schema
from .parsing import Invocation, name_as_written
from .routines import Routine
from .views import VIEWS, View

__all__ = ["Names"]

_APP_SCHEMA = "APP"
_API_SCHEMA = "API"


class Names:
    """The names of one app.

    Args:
        app: its database.
        schema: its API schema; `api` is there too, whatever this is (spec §5).
        routines: its functions and procedures.
    """

    def __init__(self, app: str, schema: str, routines: Iterable[Routine]) -> None:
        self._app = name_as_written(app)
        self._api = frozenset({name_as_written(schema), _API_SCHEMA})
        self._routines = {(each.home, each.form, each.name): each for each in routines}

    def view(self, path: Sequence[str]) -> View:
        """Return the view at `path`.

        Raises:
            SqlFailure: there is none.
        """
        found = VIEWS.get(path[-1])
        if len(path) == 3:
            schema = self._require_schema(path)
            if found is not None and schema == "api":
                return found
        raise unknown_object(".".join(path))

    def routine(self, invocation: Invocation) -> Routine:
        """Return the routine that is invoked.

        Raises:
            SqlFailure: there is none, or it is not invoked in this form.
        """
        path = invocation.path
        if len(path) == 3:
            found = self._routines.get((self._require_schema(path), invocation.form, path[-1]))
            if found is not None:
                return found
        raise unknown_function(path)

    def _require_schema(self, path: Sequence[str]) -> str:
        """Return `api` or `app`."""
        database, schema = path[0], path[1]
        if database != self._app:
            raise unknown_database(database)
        if schema in self._api:
            return "api"
        if schema == _APP_SCHEMA:
            return "app"
        raise unknown_schema(f"{database}.{schema}")
