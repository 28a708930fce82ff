"""What the environment says, read with its type."""

from pathlib import Path

import pytest

from config import broker
from config.env import database_from_url, env_bool, env_int, env_list, env_str, env_url

HERE = Path("/srv/clinic")


def test_a_value_may_stand_in_a_file_as_docker_keeps_secrets(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))
    assert env_str("SOME_KEY") == "from a file"
    monkeypatch.setenv("SOME_KEY", "from the environment")
    assert env_str("SOME_KEY") == "from the environment"


@pytest.mark.parametrize(("text", "meant"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_yes_and_no_are_read_in_many_words(monkeypatch, text, meant):
    monkeypatch.setenv("SWITCH", text)
    assert env_bool("SWITCH") is meant


def test_a_word_that_is_neither_yes_nor_no_is_refused(monkeypatch):
    monkeypatch.setenv("SWITCH", "perhaps")
    with pytest.raises(ValueError, match="SWITCH"):
        env_bool("SWITCH")


def test_numbers_and_lists_have_defaults(monkeypatch):
    monkeypatch.setenv("HOSTS", "a.example, b.example,,")
    assert env_list("HOSTS") == ["a.example", "b.example"]
    assert env_int("NOTHING_HERE", 7) == 7


def test_a_postgresql_address_is_taken_apart():
    found = database_from_url("postgres://cli%40nic:p%2Fw@db.example:5433/records?sslmode=require", base=HERE)
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"], found["OPTIONS"]) == (
        "cli@nic", "p/w", "db.example", 5433, "records", {"sslmode": "require"},
    )  # fmt: skip


def test_an_sqlite_path_may_be_relative_and_hold_spaces():
    assert database_from_url("sqlite:////srv/a%20b/c.sqlite3", base=HERE)["NAME"] == "/srv/a b/c.sqlite3"
    assert database_from_url("sqlite:///var/c.sqlite3", base=HERE)["NAME"] == "/srv/clinic/var/c.sqlite3"


def test_another_kind_of_database_is_refused():
    with pytest.raises(ValueError, match="mysql"):
        database_from_url("mysql://localhost/x", base=HERE)


def test_a_socket_path_too_long_for_the_kernel_moves_to_a_short_folder():
    assert broker.socket_in(Path("/srv/clinic/var")) == Path("/srv/clinic/var/run/broker.sock")
    long = Path("/srv") / ("x" * 120)
    assert len(str(broker.socket_in(long))) < broker.LONGEST
    assert broker.socket_in(long) == broker.socket_in(long) != broker.socket_in(long / "y")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", ""),
        (" https://dhis2.example.org/hmis/ ", "https://dhis2.example.org/hmis"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_an_address_is_read_without_its_last_slash(monkeypatch, text, meant):
    monkeypatch.setenv("SERVER", text)
    assert env_url("SERVER") == meant


@pytest.mark.parametrize(
    "text",
    ["http://dhis2.example.org", "dhis2.example.org", "https://", "https://a:b@c.org", "https://c.org?x=1", "ftp://c.org",
     "https://c.org:port"],
)  # fmt: skip
def test_an_address_to_which_no_secret_should_go_is_refused(monkeypatch, text):
    monkeypatch.setenv("SERVER", text)
    with pytest.raises(ValueError, match=r"SERVER|[Pp]ort"):
        env_url("SERVER")
