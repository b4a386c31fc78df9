"""A package as a container image: one for all nodes, as a compiled pipeline wants it."""

from __future__ import annotations

from typing import Final

from dagbook.api.packages.manifest import LOCK, minor_of
from dagbook.api.packing.wheel import WHEEL
from dagbook.compilers.argo.step_template import PODS_ROOM

DOCKERFILE: Final = "Dockerfile"
DOCKERIGNORE: Final = ".dockerignore"
NOT_IN_THE_IMAGE: Final = ".dagbook\n"
"""What is in `.dockerignore`: runs that were made in the package."""

# Packages first: they are installed anew only when the lock has changed. Where Kubernetes mounts what arrives
# in a pod, folders above that are not there would be root's.
_TEXT: Final = """\
# Written by `dagbook package`:  docker build -t {name} .
# For `docker run {name}`, and as `dagbook compile --to argo --image` wants it.
FROM python:{python}-slim
ENV PYTHONUNBUFFERED=1
RUN useradd --create-home --uid 1000 runner
WORKDIR /project
COPY {lock} {wheel} ./
RUN pip install --no-cache-dir -r {lock} ./{wheel}
COPY . .
RUN mkdir -p {room} && chown -R runner /project {room}
USER runner
CMD ["dagbook", "run", ".", "--same-environment"]
"""


def dockerfile_text(name: str, python: str) -> str:
    """The file Dockerfile.

    Args:
        name: of the pipeline.
        python: the version that the packages were locked for: `3.12.4`.
    """
    tag = name.lower().replace("_", "-").strip("-") or "pipeline"
    return _TEXT.format(name=tag, python=minor_of(python), lock=LOCK, wheel=WHEEL, room=PODS_ROOM)
