"""Plans are pure and quick: hypothesis may take its time where the machine is busy."""

from hypothesis import settings

settings.register_profile("plans", deadline=None, database=None)
settings.load_profile("plans")
