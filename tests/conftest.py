"""What all tests share: readable failures in the contract suite."""

import pytest

pytest.register_assert_rewrite("rai_jobs_fakes.contract")
