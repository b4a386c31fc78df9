"""What a front end asks a kernel while somebody types: completions, and the help behind `?`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.live_kernel import LiveKernel, no_senders
from tests.acceptance.project import Project

pytestmark = pytest.mark.kernel


@pytest.fixture
def kernel(project: Project) -> Iterator[LiveKernel]:
    """A kernel with our magics, and a variable."""
    made = LiveKernel(project.folder, project.env)
    made.run("%load_ext dagbook\naccuracy = 0.5")
    yield made
    made.shutdown()
    no_senders(project.folder)


def test_tab_and_question_mark_answer_for_magics(kernel: LiveKernel):
    assert kernel.complete("%%track fit --no") == (["--note"], "--no")
    assert kernel.complete("%metric acc") == (["accuracy"], "acc")
    assert kernel.complete("%track st") == (["start", "stop", "status"], "st")
    assert "Record work as an MLflow run" in kernel.page("%%track?")
    assert "%output acc=model.score(X, y)" in kernel.page("%output?")
