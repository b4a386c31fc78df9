"""Addresses of Apprise: what may be said of one in public."""

from __future__ import annotations

import pytest

from dagbook.notifiers.apprise import masked, scheme_of


@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        ("slack://T/B/S", "slack"),
        ("JSONS://h", "jsons"),
        ("mailto+x://u:p@h", "mailto+x"),
        ("${env.ALERTS}", "notify"),
        ("", "notify"),
    ],
)
def test_only_the_scheme_of_an_address_is_public(address: str, scheme: str):
    assert scheme_of(address) == scheme


def test_no_part_of_an_address_stays_in_what_is_said():
    address = "json://ada:pa%24sword@hooks.example.com:8080/T0ken/b1ock?key=s3cr3t"
    text = "ada at hooks.example.com refused pa$sword and pa%24sword for T0ken, b1ock, s3cr3t: " + address
    said = masked(text, address)
    for part in ("hooks.example.com", "pa$sword", "pa%24sword", "T0ken", "b1ock", "s3cr3t"):
        assert part not in said
