"""How hypothesis searches while mutants are made: the same each time, and not for long."""

from hypothesis import HealthCheck, settings

PROFILE = "mutants"
# mutmut runs the tests again and again in one process, some of them on a busy machine.
settings.register_profile(
    PROFILE,
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=15,
    suppress_health_check=list(HealthCheck),
)
