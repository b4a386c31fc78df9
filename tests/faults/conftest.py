"""Projects as the acceptance tests have them."""

from tests.acceptance.conftest import database, hangups_end_what_they_hit, make_project, project

__all__ = ["database", "hangups_end_what_they_hit", "make_project", "project"]
