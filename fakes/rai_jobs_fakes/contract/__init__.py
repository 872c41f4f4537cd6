"""The contract: what every way to a backend must do, as one pytest suite.

To run it over a face of your own, write a fixture `subject` that returns a `Subject`, and import
the classes::

    from rai_jobs_fakes.contract import *  # collected by pytest

    @pytest.fixture
    def subject():
        backend = make_backend()
        return Subject(backend, connect=lambda user, guard_rails: ...)

`make_backend` makes the backend that the suite expects behind the face. Call
`pytest.register_assert_rewrite("rai_jobs_fakes.contract")` in `conftest.py` for readable failures.
"""

from __future__ import annotations

from .cancelling import TestCancelling
from .creating import TestCreating
from .events import TestEvents
from .following import TestFollowing
from .getting import TestGetting
from .includes import TestIncludes
from .listing import TestListing
from .operations import TestOperations
from .reasoners import TestReasoners
from .refusals import TestRefusals
from .subject import Subject, make_backend
from .users import TestUsers
from .waiting import TestWaiting

__all__ = [
    "Subject",
    "TestCancelling",
    "TestCreating",
    "TestEvents",
    "TestFollowing",
    "TestGetting",
    "TestIncludes",
    "TestListing",
    "TestOperations",
    "TestReasoners",
    "TestRefusals",
    "TestUsers",
    "TestWaiting",
    "make_backend",
]
