"""The door stays shut when the server cannot tell who may come in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import APP


@pytest.fixture
def broken_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A secrets file that is no TOML, and a folder that no workspace was made in."""
    before, secrets = config.get_option("secrets.files"), tmp_path / "secrets.toml"
    secrets.write_text("[auth\nclient_secret = 'of-the-tests'")
    monkeypatch.setenv("LIFTBOARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(APP.parent)
    config.set_option("secrets.files", [str(secrets)])
    st.secrets._reset()
    yield tmp_path
    config.set_option("secrets.files", before)
    st.secrets._reset()


def test_a_secrets_file_that_cannot_be_read_opens_nothing(broken_secrets: Path) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert app.exception and not app.title and not app.button
    assert "of-the-tests" not in str(app.exception[0].message)
    assert not (broken_secrets / "home").exists()
