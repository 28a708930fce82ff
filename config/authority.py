"""HTTPS without internet: a certificate authority of the centre's own, and a certificate for this machine.

A tablet runs the app only from a secure address. The authority is made once and put on each tablet; it may vouch for
names and addresses of private networks only, so that a stolen key opens no bank. The machine's own certificate is made
again when its addresses changed or its time runs out, without touching the tablets.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA, CA_KEY, CERTIFICATE, KEY = "ca.pem", "ca.key", "server.pem", "server.key"
CA_LIVES = dt.timedelta(days=3650)
LIVES = dt.timedelta(days=397)  # browsers take no longer one from a public authority; ours keeps to it
RENEW = dt.timedelta(days=60)
SLACK = dt.timedelta(days=1)  # a tablet whose clock is a little behind must not find it "not valid yet"
PRIVATE = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8",
                                                 "169.254.0.0/16", "100.64.0.0/10")]  # fmt: skip
PRIVATE6 = [ipaddress.ip_network(net) for net in ("::1/128", "fc00::/7", "fe80::/10")]
ENDINGS = ("local", "lan", "home", "internal", "localhost", "home.arpa")  # names that no public authority gives out
NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unusable(Exception):
    """Say in a sentence why the files of the authority cannot be used, and what to do."""


@dataclass(frozen=True)
class Made:
    """What stands in the folder: whether the authority or the certificate is new, and for what it vouches."""

    new_authority: bool
    new_certificate: bool
    names: tuple[str, ...]
    addresses: tuple[Address, ...]
    until: dt.datetime
    mark: str  # SHA-256 of the authority's certificate, for comparing


def ready(folder: Path, *, names: Iterable[str], addresses: Iterable[Address], now: dt.datetime, centre: str) -> Made:
    """Make what is missing, too old or for other addresses; return what stands. Raises Unusable."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name != "nt":
        folder.chmod(0o700)
    asked = [*names, *_names_before(folder)]
    wanted = tuple(dict.fromkeys(name.lower() for name in asked if NAME.fullmatch(name.lower())))
    new_authority = not (folder / CA).exists()
    if new_authority:
        _make_authority(folder, wanted, now, centre)
    authority = _read(folder / CA)
    if authority.not_valid_after_utc <= now:
        raise Unusable("The authority's time is over. Make another with: make_ca --new; each tablet needs it then.")
    names_ = tuple(name for name in wanted if _vouches_for_name(authority, name))
    addresses_ = tuple(dict.fromkeys(one for one in addresses if is_private(one)))
    standing = _standing(folder, authority, names_, addresses_, now)
    certificate = standing or _make_certificate(folder, authority, names_, addresses_, now)
    mark = sha256(authority.public_bytes(serialization.Encoding.DER)).hexdigest().upper()
    return Made(new_authority, standing is None, names_, addresses_, certificate.not_valid_after_utc, mark)


def forget(folder: Path) -> None:
    """Put the authority and what it made aside, so that another is made; the old files stay beside it."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%d%H%M%S")
    for name in (CA, CA_KEY, CERTIFICATE, KEY):
        if (folder / name).exists():
            (folder / name).replace(folder / f"{name}.{stamp}")


def is_private(address: Address) -> bool:
    """Return whether an address is one of a private network, which alone our authority vouches for."""
    return any(address in net for net in (PRIVATE if address.version == 4 else PRIVATE6))


# -- the authority --------------------------------------------------------------------------------------------


def _make_authority(folder: Path, names: Iterable[str], now: dt.datetime, centre: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    mark = sha256(_spki(key.public_key())).hexdigest()[:8]
    subject = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, centre[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, f"{centre[:50]} {mark}"),
    ])  # fmt: skip
    allowed: list[x509.GeneralName] = [x509.IPAddress(net) for net in (*PRIVATE, *PRIVATE6)]
    allowed += [x509.DNSName(name) for name in dict.fromkeys((*ENDINGS, *names))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(now + CA_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    # The key first: a power cut in between leaves a key without a certificate, which is made anew.
    _write(folder / CA_KEY, _pkcs8(key), secret=True)
    _write(folder / CA, made.public_bytes(serialization.Encoding.PEM))


def _vouches_for_name(authority: x509.Certificate, name: str) -> bool:
    """Return whether a name lies within what the authority may vouch for; an older one may not know a new name."""
    try:
        limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or ()
    except x509.ExtensionNotFound:  # one that was brought from elsewhere, without limits
        return True
    endings = [one.value for one in limits if isinstance(one, x509.DNSName)]
    return any(name == ending or name.endswith(f".{ending}") for ending in endings)


# -- the certificate of this machine --------------------------------------------------------------------------


def _names_before(folder: Path) -> list[str]:
    """Return the names of the certificate that stands: a name given once is kept when it is renewed."""
    try:
        found = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return []
    return told.get_values_for_type(x509.DNSName)


def _standing(
    folder: Path, authority: x509.Certificate, names: tuple[str, ...], addresses: tuple[Address, ...], now: dt.datetime
) -> x509.Certificate | None:
    """Return the certificate that stands when it is ours, is for all of these, and holds for a while yet."""
    try:
        found = _read(folder / CERTIFICATE)
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)
        found.verify_directly_issued_by(authority)
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is made again
        return None
    fits = _spki(found.public_key()) == _spki(key.public_key())
    fresh = found.not_valid_before_utc <= now and found.not_valid_after_utc - RENEW > now
    covers = set(names) <= set(told.get_values_for_type(x509.DNSName))
    covers = covers and set(addresses) <= set(told.get_values_for_type(x509.IPAddress))
    return found if fits and fresh and covers else None


def _make_certificate(
    folder: Path, authority: x509.Certificate, names: tuple[str, ...], addresses: tuple[Address, ...], now: dt.datetime
) -> x509.Certificate:
    signer = _signer(folder, authority)
    key = ec.generate_private_key(ec.SECP256R1())
    told: list[x509.GeneralName] = [
        *(x509.DNSName(name) for name in names),
        *(x509.IPAddress(one) for one in addresses),
    ]
    common = names[0] if names else str(addresses[0]) if addresses else "localhost"
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(min(now - SLACK + LIVES, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(told), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    _write(folder / KEY, _pkcs8(key), secret=True)
    _write(folder / CERTIFICATE, made.public_bytes(pem) + authority.public_bytes(pem))
    return made


def _signer(folder: Path, authority: x509.Certificate) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key((folder / CA_KEY).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise Unusable(f"{folder / CA_KEY} cannot be read ({error}). Bring it back from your copy, or make another "
                       "authority with: make_ca --new; each tablet needs it then.") from None  # fmt: skip
    if not isinstance(key, ec.EllipticCurvePrivateKey) or _spki(key.public_key()) != _spki(authority.public_key()):
        raise Unusable(f"{folder / CA_KEY} is not the key of {folder / CA}. Bring both back from your copy, or make "
                       "another authority with: make_ca --new; each tablet needs it then.")  # fmt: skip
    return key


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unusable(f"{path} cannot be read ({error}). Bring it back from your copy, or make another authority "
                       "with: make_ca --new; each tablet needs it then.") from None  # fmt: skip


def _spki(key: object) -> bytes:
    return key.public_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _pkcs8(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, body: bytes, *, secret: bool = False) -> None:
    """Write a file whole or not at all; a secret one is never readable for others, not even for a moment."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644), "wb") as file:  # noqa: PTH123
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


# -- where this machine is ------------------------------------------------------------------------------------


def names_here(given: Iterable[str] = ()) -> list[str]:
    """Return the names of this machine: those given, its host name, and that in the local network (mDNS)."""
    host = socket.gethostname().lower().split(".")[0]
    here = [host, f"{host}.local"] if NAME.fullmatch(host) and host != "localhost" else []
    return list(dict.fromkeys([*(name.lower() for name in given), *here, "localhost"]))


def addresses_here() -> list[Address]:
    """Return the addresses at which this machine may be reached, that of the way out first; no internet is needed."""
    found = [*_towards("192.0.2.1"), *_towards("192.168.1.1"), *_of_cards(), *_by_name(), "127.0.0.1", "::1"]
    unique = dict.fromkeys(ipaddress.ip_address(text) for text in found)
    return sorted(unique, key=lambda one: (one.is_loopback, one.version, one.is_link_local))


def _towards(there: str) -> list[str]:
    """Return the address from which a packet would go there; nothing is sent."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((there, 9))
        return [probe.getsockname()[0]]
    return []


def _of_cards() -> list[str]:
    """Return the IPv4 address of each network card; Linux only."""
    try:
        import fcntl
    except ImportError:
        return []
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _number, card in socket.if_nameindex():
            with suppress(OSError):
                asked = fcntl.ioctl(probe.fileno(), 0x8915, struct.pack("256s", card.encode()[:15]))  # SIOCGIFADDR
                found.append(socket.inet_ntoa(asked[20:24]))
    return found


def _by_name() -> list[str]:
    with suppress(OSError):
        return [str(row[4][0]).split("%")[0] for row in socket.getaddrinfo(socket.gethostname(), None)]
    return []
