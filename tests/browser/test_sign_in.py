"""People sign in with a real OpenID Connect provider, may do what their role allows, keep workspaces apart, and are asked again when their sign-in ends."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, Page, expect

from benchmarks.live import LiveApp, free_port, live_app, settled
from promo_core import WorkRole, Workspace
from tests.browser.conftest import DESKTOP, MILLISECONDS

Visit = Callable[[LiveApp, str], Page]
HOURS = 8
SECRETS = """
[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "a-long-secret-for-the-tests-alone-0123456789"
client_id = "liftboard"
client_secret = "of-the-tests"
server_metadata_url = "http://localhost:{provider}/.well-known/openid-configuration"

[liftboard]
role_claim = "access.groups"
workspace_claim = "shop"
session_hours = {hours}
roles = {{ "promo-viewers" = "viewer", "promo-desk" = "merchandiser", "promo-admins" = "admin" }}
"""


def user(name: str, group: str | None = None, shop: str = "north", **more: object) -> User:
    return User(sub=name, claims={"name": name.title(), "shop": shop, **({"access": {"groups": [group, "others"]}} if group else {}), **more})


PEOPLE = [user("vera", "promo-viewers"), user("mona", "promo-desk"), user("adam", "promo-admins"), user("nina"), user("sofia", "promo-desk", "south"),
          user("otto", "promo-admins", iat=int(time.time()) - 3600 * (HOURS + 1))]


@pytest.fixture(scope="module")
def guarded(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveApp]:
    """Run a provider, and an app that asks it who people are; the shop "north" has a data set and a model."""
    folder = tmp_path_factory.mktemp("guarded")
    shutil.copytree(kept_home, folder / "home" / "workspaces" / "north")
    Workspace(folder / "home" / "workspaces" / "south").settings.put("demo_job", "0" * 16)  # its demo was trained before, so that none starts by itself
    port = free_port()
    with run_server_in_thread(user_claims=PEOPLE) as provider:
        secrets = folder / "secrets.toml"
        secrets.write_text(SECRETS.format(port=port, provider=provider.server_port, hours=HOURS))
        with live_app(folder / "home", folder / "log.txt", port=port, options=["--secrets.files", str(secrets)]) as app:
            yield app


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Return a function that opens a page in a profile of its own, which may go to the provider and nowhere else; afterwards no server may have printed a traceback."""
    contexts, apps = [], set()

    def visited(app: LiveApp, name: str) -> Page:
        apps.add(app)
        contexts.append(browser.new_context(viewport=DESKTOP, locale="en-GB"))
        contexts[-1].set_default_timeout(MILLISECONDS)
        contexts[-1].route(lambda url: "//localhost:" not in url, lambda route: route.abort())
        page = contexts[-1].new_page()
        page.goto(app.at(name))
        return page

    yield visited
    for context in contexts:
        context.close()
    for app in apps:
        assert "Traceback" not in app.printed(), app.printed()[-4000:]


def sign_in(page: Page, name: str) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url("**/localhost:*/**")
    settled(page)


def workspace_of(app: LiveApp, shop: str = "north") -> Workspace:
    return Workspace(app.home / "workspaces" / shop, name=f"liftboard-{shop}")


def test_a_stranger_sees_only_the_way_in(guarded: LiveApp, visit: Visit) -> None:
    page = visit(guarded, "models")
    expect(page.get_by_text("Sign in to work with your shop's promotions.")).to_be_visible()
    assert page.get_by_text("Kept models").count() == 0 and page.get_by_role("heading", level=1).count() == 0


def test_a_viewer_reads_and_changes_nothing(guarded: LiveApp, visit: Visit) -> None:
    page = visit(guarded, "data")
    sign_in(page, "vera")
    page.goto(guarded.at("data"))
    expect(page.get_by_text("Kept data sets")).to_be_visible()
    expect(page.get_by_role("button", name="Delete").first).to_be_disabled()
    assert page.get_by_text("path of a file on this machine").count() == 0
    page.goto(guarded.at("whatif"))
    expect(page.get_by_role("button", name="Save", exact=False).first).to_be_disabled()
    page.get_by_role("button", name="Vera").click()
    expect(page.get_by_text("viewer", exact=True)).to_be_visible()


def test_what_a_merchandiser_saves_is_theirs_in_the_trail(guarded: LiveApp, visit: Visit) -> None:
    page = visit(guarded, "whatif")
    sign_in(page, "mona")
    page.goto(guarded.at("whatif"))
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.get_by_text("Saved “").first).to_be_visible()
    here = workspace_of(guarded)
    assert [(line.subject.split("|")[-1], line.action) for line in here.audit.entries() if line.action.startswith("scenarios.")] == [("mona", "scenarios.add")]
    assert {member.name for member in here.members.all()} >= {"Mona"}


def test_a_role_given_in_the_workspace_lets_someone_in(guarded: LiveApp, visit: Visit) -> None:
    page = visit(guarded, "data")
    sign_in(page, "nina")
    expect(page.get_by_text("nobody has given you a role here yet")).to_be_visible()
    here = workspace_of(guarded)
    nina = next(member for member in here.members.all() if member.name == "Nina")
    here.members.assign(nina.subject, WorkRole.MANAGER)
    page.goto(guarded.at("data"))
    expect(page.get_by_role("button", name="Delete").first).to_be_enabled()


def test_an_administrator_gives_roles_and_reads_the_trail(guarded: LiveApp, visit: Visit) -> None:
    page = visit(guarded, "people")
    sign_in(page, "adam")
    page.goto(guarded.at("people"))
    expect(page.get_by_text("Who did what")).to_be_visible()
    here = workspace_of(guarded)
    adam = next(member for member in here.members.all() if member.name == "Adam")
    row = page.locator('[class*="st-key-member_"]', has_text="Adam")
    row.get_by_role("combobox").click()
    page.get_by_role("option", name="manager").click()
    expect(page.get_by_text("Who did what")).to_be_visible()
    expect(page.locator('[class*="st-key-member_"]', has_text="Adam").get_by_role("combobox")).to_be_disabled()
    assert workspace_of(guarded).members.role(adam.subject) is WorkRole.MANAGER
    page.get_by_role("button", name="Adam").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/end_session**")


def test_one_shop_sees_nothing_of_another(guarded: LiveApp, visit: Visit) -> None:
    page = visit(guarded, "whatif")
    sign_in(page, "sofia")
    page.goto(guarded.at("data"))
    expect(page.get_by_text("Kept data sets")).to_be_visible()
    assert [record.name for record in workspace_of(guarded, "south").datasets.all()] == ["Demo shop"]
    assert workspace_of(guarded, "south").scenarios.all() == [] and {m.name for m in workspace_of(guarded, "south").members.all()} == {"Sofia"}
    assert "Sofia" not in {member.name for member in workspace_of(guarded).members.all()}


def test_a_sign_in_that_has_ended_is_asked_for_again(guarded: LiveApp, visit: Visit) -> None:
    page = visit(guarded, "data")
    sign_in(page, "otto")
    expect(page.get_by_text("Your sign-in has ended.")).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("button", name="Sign in")).to_be_visible()
    assert page.get_by_text("Kept data sets").count() == 0 and "Otto" not in {member.name for member in workspace_of(guarded).members.all()}


def test_answers_carry_headers_against_frames_and_sniffing(guarded: LiveApp, visit: Visit) -> None:
    answer = visit(guarded, "home").request.get(guarded.url)
    assert answer.headers["x-frame-options"] == "SAMEORIGIN" and answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"] and answer.headers["referrer-policy"] == "same-origin"


def test_no_secret_is_printed(guarded: LiveApp) -> None:
    assert "of-the-tests" not in guarded.printed() and "a-long-secret" not in guarded.printed()
