"""HTTPS without internet: what the centre's own authority vouches for, when it is made again, and who believes it."""

from __future__ import annotations

import http.client
import ipaddress
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command

from config import authority
from config.management.commands.start import blocks, for_tablets, vouch
from core.pdf import qr
from tests.live import free_port, required

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HERE = [ipaddress.ip_address("192.168.1.5"), ipaddress.ip_address("127.0.0.1")]


def made(folder: Path, *, names: Any = ("clinic.lan", "localhost"), addresses: Any = HERE, now: datetime = NOW) -> Any:
    return authority.ready(folder, names=names, addresses=addresses, now=now, centre="Sre Ambel Health Care Center")


def certificate(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / authority.CERTIFICATE).read_bytes())


def told(folder: Path) -> Any:
    return certificate(folder).extensions.get_extension_for_class(x509.SubjectAlternativeName).value


class TestWhatIsMade:
    def test_once_made_it_stands(self, tmp_path: Path) -> None:
        first, again = made(tmp_path), made(tmp_path, now=NOW + timedelta(days=300))
        assert first.new_authority and first.new_certificate
        assert not again.new_authority and not again.new_certificate
        assert again.mark == first.mark

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
    def test_keys_are_for_their_owner_alone(self, tmp_path: Path) -> None:
        made(tmp_path / "tls")
        assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
        for key in (authority.CA_KEY, authority.KEY):
            assert stat.S_IMODE((tmp_path / "tls" / key).stat().st_mode) == 0o600

    def test_the_key_is_as_the_web_server_wants_it(self, tmp_path: Path) -> None:
        made(tmp_path)
        assert (tmp_path / authority.KEY).read_text().startswith("-----BEGIN PRIVATE KEY-----")

    def test_a_certificate_is_short_enough_for_browsers_and_valid_for_a_clock_a_little_behind(
        self, tmp_path: Path
    ) -> None:
        made(tmp_path)
        one = certificate(tmp_path)
        assert one.not_valid_after_utc - one.not_valid_before_utc <= timedelta(days=397)
        assert one.not_valid_before_utc <= NOW - timedelta(hours=12)

    def test_another_address_makes_another_certificate_under_the_same_authority(self, tmp_path: Path) -> None:
        first = made(tmp_path)
        moved = made(tmp_path, addresses=[ipaddress.ip_address("10.0.0.9")])
        assert moved.new_certificate and not moved.new_authority and moved.mark == first.mark
        assert told(tmp_path).get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("10.0.0.9")]

    def test_one_that_nears_its_end_is_renewed(self, tmp_path: Path) -> None:
        made(tmp_path)
        later = made(tmp_path, now=NOW + timedelta(days=340))
        assert later.new_certificate and later.until > NOW + timedelta(days=700)

    def test_a_name_given_once_is_kept_when_it_is_renewed(self, tmp_path: Path) -> None:
        made(tmp_path)
        assert "clinic.lan" in made(tmp_path, names=["localhost"], now=NOW + timedelta(days=340)).names

    def test_no_public_address_and_no_unlikely_name_is_vouched_for(self, tmp_path: Path) -> None:
        names = ["clinic.lan", "bad name", "*", "a" * 70, "ស្រែ"]
        found = made(tmp_path, names=names, addresses=[*HERE, ipaddress.ip_address("8.8.8.8")])
        assert found.names == ("clinic.lan",) and ipaddress.ip_address("8.8.8.8") not in found.addresses

    def test_a_name_the_authority_may_not_vouch_for_is_left_out(self, tmp_path: Path) -> None:
        made(tmp_path)
        assert made(tmp_path, names=["bank.example.com", "desk.lan"]).names == ("desk.lan", "clinic.lan", "localhost")

    def test_a_certificate_cut_short_by_a_power_cut_is_made_again(self, tmp_path: Path) -> None:
        made(tmp_path)
        (tmp_path / authority.KEY).write_bytes(b"-----BEGIN PRI")
        assert made(tmp_path).new_certificate
        (tmp_path / authority.CERTIFICATE).unlink()
        assert made(tmp_path).new_certificate

    def test_a_lost_key_is_said_in_a_sentence_and_nothing_is_overwritten(self, tmp_path: Path) -> None:
        first = made(tmp_path)
        (tmp_path / authority.CA_KEY).unlink()
        assert made(tmp_path).mark == first.mark, "what stands still serves"
        with pytest.raises(authority.Unusable, match="make_ca --new"):
            made(tmp_path, addresses=[ipaddress.ip_address("10.0.0.9")])
        authority.forget(tmp_path)
        assert made(tmp_path).mark != first.mark
        assert len(list(tmp_path.glob("ca.pem.*"))) == 1

    def test_a_broken_authority_is_not_replaced_behind_anybodys_back(self, tmp_path: Path) -> None:
        made(tmp_path)
        (tmp_path / authority.CA).write_text("nothing")
        with pytest.raises(authority.Unusable, match=r"ca\.pem"):
            made(tmp_path)

    def test_an_authority_whose_time_is_over_says_so(self, tmp_path: Path) -> None:
        made(tmp_path)
        with pytest.raises(authority.Unusable, match="time is over"):
            made(tmp_path, now=NOW + timedelta(days=3651))


class TestCommands:
    def test_make_ca_tells_what_it_made_and_keeps_it(self, tmp_path: Path, settings: Any) -> None:
        settings.TLS_DIR = tmp_path / "tls"
        out = StringIO()
        call_command("make_ca", "--name", "clinic.lan", stdout=out)
        assert "Authority: made" in out.getvalue() and "clinic.lan" in out.getvalue()
        call_command("make_ca", stdout=out)
        assert "Certificate: stands" in out.getvalue()

    def test_make_ca_gives_no_trace_when_it_cannot(self, tmp_path: Path, settings: Any) -> None:
        settings.TLS_DIR = tmp_path
        (tmp_path / authority.CA).write_text("nothing")
        with pytest.raises(CommandError, match="make_ca --new"):
            call_command("make_ca")

    def test_the_code_in_the_terminal_is_the_code(self) -> None:
        modules = qr.modules("https://192.168.1.5:8000/tablets/certificate/")
        lines = blocks(modules)
        light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
        rows = [row for line in lines for row in zip(*(light[mark] for mark in line), strict=True)]
        read = [[not light for light in row[2:-2]] for row in rows[2 : 2 + len(modules)]]
        assert read == modules

    def test_start_names_the_addresses_of_the_network_not_those_of_this_machine_alone(self, tmp_path: Path) -> None:
        text = "\n".join(for_tablets(made(tmp_path), 8000))
        assert "https://192.168.1.5:8000/tablets/certificate/" in text and "https://clinic.lan:8000/" in text
        assert "127.0.0.1" not in text
        alone = made(tmp_path, addresses=[ipaddress.ip_address("127.0.0.1")])
        assert "in no network" in "\n".join(for_tablets(alone, 8000))

    def test_tablets_are_led_to_a_name_that_was_given_else_to_the_address(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.ALLOWED_HOSTS = ["localhost"]
        for given, address in (["clinic.lan"], "https://clinic.lan:8000"), ([], "https://192.168.1.5:8000"):
            for name in ("TABLET_ADDRESS", "OWN_AUTHORITY", "ALLOWED_HOSTS"):
                monkeypatch.setenv(name, "")
                monkeypatch.delenv(name)
            vouch(made(tmp_path), 8000, given)
            assert os.environ["TABLET_ADDRESS"] == address and os.environ["OWN_AUTHORITY"] == "1"
            assert {"clinic.lan", "192.168.1.5", "localhost"} <= set(os.environ["ALLOWED_HOSTS"].split(","))


# -- real connections -----------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Any:
    """A web server of ours with the certificate, on this machine; yields (folder, port)."""
    folder = tmp_path / "tls"
    made(folder, addresses=[*HERE, ipaddress.ip_address("::1")], now=datetime.now(UTC))
    port = free_port()
    (tmp_path / "page.py").write_text(PAGE, encoding="utf-8")
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--ssl-certificate", str(folder / authority.CERTIFICATE), "--ssl-keyfile", str(folder / authority.KEY),
        "page:app",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield folder, port
    finally:
        process.terminate()
        process.wait(15)


PAGE = """
def app(environ, start_response):
    worker = environ["PATH_INFO"] == "/sw.js"
    kind = "text/javascript" if worker else "text/html"
    start_response("200 OK", [("Content-Type", kind)])
    return [b"self.addEventListener('fetch', () => {});" if worker else b"<!doctype html><title>here</title>"]
"""


def asked(folder: Path | None, host: str, port: int) -> int:
    trust = ssl.create_default_context(cafile=str(folder / authority.CA) if folder else None)
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=10)
    raw = socket.create_connection(("127.0.0.1", port), 10)
    connection.sock = trust.wrap_socket(raw, server_hostname=host)
    connection.request("GET", "/", headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.services
def test_who_trusts_the_authority_trusts_the_server_by_its_names_and_addresses_and_nobody_else(served: Any) -> None:
    folder, port = served
    for host in ("clinic.lan", "localhost", "192.168.1.5", "127.0.0.1"):
        assert asked(folder, host, port) == 200
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        asked(folder, "192.168.1.6", port)
    with pytest.raises(ssl.SSLCertVerificationError):
        asked(None, "localhost", port)


@pytest.mark.services
def test_the_authoritys_key_in_a_thiefs_hands_opens_no_bank(tmp_path: Path, served: Any) -> None:
    folder, _port = served
    ca = x509.load_pem_x509_certificate((folder / authority.CA).read_bytes())
    forged = tmp_path / "forged"
    forged.mkdir()
    shutil.copy(folder / authority.CA_KEY, forged / authority.CA_KEY)
    made_ = authority._make_certificate(forged, ca, ("bank.example.com",), (), datetime.now(UTC))
    assert made_.subject
    ours, theirs = (
        ssl.create_default_context(cafile=str(folder / authority.CA)),
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
    )
    theirs.load_cert_chain(forged / authority.CERTIFICATE, forged / authority.KEY)
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    browser = ours.wrap_bio(into, out, server_hostname="bank.example.com")
    bank = theirs.wrap_bio(out, into, server_side=True)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        for _turn in range(6):
            for side in (browser, bank):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue


@pytest.mark.browser
@pytest.mark.services
def test_a_browser_that_trusts_the_authority_runs_the_app_and_one_that_does_not_never_will(
    served: Any, driver: Any, tmp_path: Path
) -> None:
    folder, port = served
    home = tmp_path / "home"
    certutil, chromium = shutil.which("certutil"), shutil.which("chromium") or shutil.which("chromium-browser")
    if not certutil or not chromium:
        required("certutil (libnss3-tools) and Chromium")
    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    subprocess.run([certutil, "-d", f"sql:{store}", "-N", "--empty-password"], check=True)
    ca = str(folder / authority.CA)
    assert registers(driver, chromium, home, port, ignore=True).startswith("refused"), (
        "a warning clicked away is not trust"
    )
    subprocess.run([certutil, "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", "centre", "-i", ca], check=True)
    assert registers(driver, chromium, home, port) == "secure and registered"
    assert registers(driver, chromium, home, port, host="clinic.lan") == "secure and registered"


def registers(
    driver: Any, chromium: str, home: Path, port: int, *, ignore: bool = False, host: str = "localhost"
) -> str:
    """Say whether a page of ours is a secure one and its service worker is taken."""
    from playwright.sync_api import Error

    args = ["--no-sandbox", f"--host-resolver-rules=MAP {host} 127.0.0.1"]
    env = {**os.environ, "HOME": str(home)}
    browser = driver.chromium.launch(executable_path=chromium, args=args, env=env)
    page = browser.new_page(ignore_https_errors=ignore)
    page.goto(f"https://{host}:{port}/")
    try:
        return str(page.evaluate(
            "() => navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)"
            ".then(() => (isSecureContext ? 'secure' : 'not secure') + ' and registered')"
        ))  # fmt: skip
    except Error as error:
        return f"refused: {error.message}"
    finally:
        browser.close()
