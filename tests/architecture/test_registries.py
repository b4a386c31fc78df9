"""No file names the host of a package registry: each machine's own settings say where packages come from."""

from __future__ import annotations

from tests.architecture.sources import kept_files, place

# Put together here, so that this file does not name them either.
HOSTS = [
    ".".join(parts).encode()
    for parts in [
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("npmmirror", "com"),
        ("pkg", "github", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("anaconda", "org"),
    ]
]


def test_no_file_names_a_registry_host():
    found = [
        f"{place(path)} names {host.decode()}"
        for path in kept_files()
        for content in [path.read_bytes()]
        for host in HOSTS
        if host in content
    ]
    assert found == []


def test_the_lock_file_is_among_the_files_looked_at():
    assert "labextension/yarn.lock" in {place(path) for path in kept_files()}
