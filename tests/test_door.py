"""What claims make of someone, and which files a page may open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promo_core.access import WorkRole
from promo_core.door import Door, confined
from promo_core.errors import AccessError

CLAIMS = {"iss": "https://id.example", "sub": "42", "name": "Anna", "email": "anna@example.com", "email_verified": True, "iat": 1_000_000, "exp": 1_003_600}


@pytest.mark.parametrize(("more", "role"), [
    ({"roles": ["manager"]}, WorkRole.MANAGER), ({"roles": "viewer"}, WorkRole.VIEWER), ({"roles": ["viewer", "admin", "x"]}, WorkRole.ADMIN),
    ({}, None), ({"roles": None}, None), ({"roles": [["admin"]]}, None), ({"roles": {"admin": 1}}, WorkRole.ADMIN)])
def test_the_highest_role_claimed_counts(more: dict, role: WorkRole | None) -> None:
    assert Door().person({**CLAIMS, **more}).role is role


def test_groups_are_translated_and_nested_claims_found() -> None:
    door = Door.from_dict({"role_claim": "realm_access.roles", "roles": {"promo-desk": "merchandiser"}, "default_role": "viewer"})
    assert door.person({**CLAIMS, "realm_access": {"roles": ["promo-desk", "admin"]}}).role is WorkRole.MERCHANDISER
    assert door.person({**CLAIMS, "realm_access": "promo-desk"}).role is WorkRole.VIEWER


def test_an_administrator_is_known_by_a_verified_address_alone() -> None:
    door = Door.from_dict({"admins": ["anna@example.com"]})
    assert door.person(CLAIMS).role is WorkRole.ADMIN
    assert door.person({**CLAIMS, "email_verified": False}).role is None and door.person({**CLAIMS, "email_verified": "true"}).role is None
    assert Door.from_dict({"admins": ["42"]}).person({**CLAIMS, "email": "other"}).role is WorkRole.ADMIN


def test_a_sign_in_ends_when_the_provider_or_the_setting_says() -> None:
    begun = datetime.fromtimestamp(1_000_000, UTC)
    assert Door().person(CLAIMS).expires == begun + timedelta(hours=1)
    assert Door.from_dict({"session_hours": 8}).person(CLAIMS).expires == begun + timedelta(hours=8)
    for claims in ({**CLAIMS, "exp": None}, {**CLAIMS, "exp": "soon"}, {**CLAIMS, "exp": 1e300}):
        with pytest.raises(AccessError, match="tells no time"):
            Door().person(claims)


def test_people_of_two_providers_are_two_people() -> None:
    assert Door().person(CLAIMS).subject != Door().person({**CLAIMS, "iss": "https://other.example"}).subject
    for claims in ({}, {"sub": "42"}, {**CLAIMS, "sub": "4" * 300}):
        with pytest.raises(AccessError, match="names nobody"):
            Door().person(claims)


@pytest.mark.parametrize("named", ["../south", "", None, "a/b", "a" * 60, "ä", "-a", 7.5])
def test_a_workspace_is_a_plain_name(named: object) -> None:
    door = Door(workspace_claim="shop")
    assert door.workspace({**CLAIMS, "shop": "North-1"}) == "north-1" and Door().workspace(CLAIMS) is None
    with pytest.raises(AccessError, match="names no workspace"):
        door.workspace({**CLAIMS, "shop": named})


@pytest.mark.parametrize("values", [{"rolls": "x"}, {"roles": {"a": "king"}}, {"default_role": "king"}, {"session_hours": "long"}, {"roles": 3}])
def test_settings_that_cannot_be_used_are_told(values: dict) -> None:
    with pytest.raises(AccessError, match="settings cannot be used"):
        Door.from_dict(values)


def test_paths_stay_inside_the_folders_that_are_open(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "secret.csv").write_text("x")
    (tmp_path / "open" / "link.csv").symlink_to(tmp_path / "secret.csv")
    inside = (tmp_path / "open",)
    assert confined(f' "{tmp_path}/open/a.csv" ', inside) == (tmp_path / "open" / "a.csv").resolve()
    assert confined(str(tmp_path / "secret.csv"), None) == (tmp_path / "secret.csv").resolve()
    for typed in (str(tmp_path / "secret.csv"), f"{tmp_path}/open/../secret.csv", f"{tmp_path}/open/link.csv", "/etc/passwd", "~root/x", f"{tmp_path}/opened/a.csv"):
        with pytest.raises(AccessError, match="stay closed|is no path"):
            confined(typed, inside)
        with pytest.raises(AccessError):
            confined(typed, ())
    with pytest.raises(AccessError, match="is no path"):
        confined("a\0b", None)
