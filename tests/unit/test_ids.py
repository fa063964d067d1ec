"""Ids of uploads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.ids import ALPHABET, LENGTH, derived_id, is_id, random_id
from portway.policy import incoming_key, published_key, upload_of


def test_ids_are_opaque_and_never_come_twice() -> None:
    """26 characters that nobody confuses when reading them aloud: no I, L, O or U."""
    made = {random_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_id(one) and len(one) == LENGTH for one in made)
    assert not set("ILOU") & set(ALPHABET)


@given(st.text(), st.text(), st.text(min_size=1))
def test_an_idempotency_key_always_names_the_same_upload(tenant: str, owner: str, key: str) -> None:
    """Repeating a request finds the upload of the first one, without a second record."""
    assert is_id(derived_id(tenant, owner, key))
    assert derived_id(tenant, owner, key) == derived_id(tenant, owner, key)


def test_the_same_key_of_another_owner_is_another_upload() -> None:
    """Nobody reaches another's upload by guessing his key, and no two principals can be spelled alike."""
    principals = [("acme", "owner"), ("acme", "colleague"), ("globex", "owner"), ("acm", "eowner"), ("", "acmeowner")]
    assert len({derived_id(tenant, owner, "key") for tenant, owner in principals}) == len(principals)
    assert derived_id("a", "b\x00c", "d") != derived_id("a", "b", "\x00cd")


@pytest.mark.parametrize(
    "text",
    ["", "0" * 25, "0" * 27, "i" * 26, "U" * 26, "0" * 25 + "\n", "0" * 26 + "\n", "../" + "0" * 23, "０" * 26],
)
def test_nothing_else_is_an_id(text: str) -> None:
    """What cannot be an id is never looked up."""
    assert not is_id(text)


def test_an_id_leads_to_its_keys_and_back() -> None:
    """Keys hold a hash of the tenant and the id: nothing that the client sent."""
    one = random_id()
    landing, shown = incoming_key("acme", one), published_key("acme", one)
    assert upload_of(landing) == upload_of(shown) == one
    assert "acme" not in landing + shown
    assert incoming_key("globex", one) != landing


@pytest.mark.parametrize(
    "key",
    [
        "",
        "in/",
        "in/0123456789abcdef/short",
        "other/0123456789abcdef/" + "0" * 26,
        "in/0123456789ABCDEF/" + "0" * 26,
        "in/0123456789abcdef/" + "0" * 26 + "/more",
        "in/0123456789abcdef/" + "0" * 26 + "\n",
    ],
)
def test_a_key_that_is_not_ours_has_no_upload(key: str) -> None:
    """An object that somebody else put into the bucket is told apart by its key."""
    assert upload_of(key) is None
