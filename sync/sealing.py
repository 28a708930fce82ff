"""Seal an op to the server and open it again: the same bytes as the tablet's WebCrypto makes (protocol, section 3).

A tablet holds only the public half, so that who finds it reads nothing of what was collected on it.
"""

from __future__ import annotations

import binascii
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction

from core.errors import RuleBroken
from core.syncing import Clock
from sync.models import SealKey

CURVE = ec.SECP256R1()
POINT, IV, TAG = 65, 12, 16  # bytes: an uncompressed point, the nonce, the tag

_read: dict[str, ec.EllipticCurvePrivateKey] = {}


def current_key() -> SealKey:
    """Return the newest key pair; the first is made here when there is none yet."""
    if found := _newest():
        return found
    with transaction.atomic():
        Clock.objects.select_for_update().get(id=1)  # of two who come first, one makes it
        return _newest() or SealKey.objects.create(**new_pair())


def new_pair() -> dict[str, str]:
    """Return `kid`, `public` and `private` of a new pair.

    The name comes from the public half: a server that lost a key in a restore never mistakes another for it.
    """
    private = ec.generate_private_key(CURVE)
    point = _point(private.public_key())
    pkcs8 = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "kid": "k" + sha256(point).hexdigest()[:11],
        "public": b64encode(point).decode(),
        "private": b64encode(pkcs8).decode(),
    }


def seal(public: str, kid: str, op: Mapping[str, Any], plain: Mapping[str, Any]) -> str:
    """Return `plain` ({"doc", "actor"}) sealed to the server's public key, bound to the envelope `op`; base64.

    The server itself never seals; this is what a tablet does, for proofs and tools.
    """
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, b64decode(public))
    ours = ec.generate_private_key(CURVE)
    iv = secrets.token_bytes(IV)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    secret = AESGCM(_key(ours.exchange(ec.ECDH(), theirs), kid)).encrypt(iv, text, _bound_to(op))
    return b64encode(_point(ours.public_key()) + iv + secret).decode()


def open_sealed(op: Mapping[str, Any]) -> dict[str, Any]:
    """Return {"doc", "actor"} of a sealed op.

    Raises RuleBroken: sync.seal_key_unknown when this server never had, or lost, the key; sync.seal_broken when the
    bytes were altered or belong to another envelope.
    """
    kid = op.get("seal_kid")
    private = _private(kid) if isinstance(kid, str) and 0 < len(kid) <= 12 and kid.isalnum() else None
    if private is None:
        raise RuleBroken("sync.seal_key_unknown", field="seal_kid")
    try:
        sealed = b64decode(op["sealed"], validate=True)
        if len(sealed) < POINT + IV + TAG:
            raise ValueError("too short")
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sealed[:POINT])
        cipher = AESGCM(_key(private.exchange(ec.ECDH(), theirs), str(kid)))
        plain = json.loads(cipher.decrypt(sealed[POINT : POINT + IV], sealed[POINT + IV :], _bound_to(op)))
        return {"doc": plain["doc"], "actor": plain["actor"]}
    except (InvalidTag, KeyError, TypeError, ValueError, binascii.Error, RecursionError):
        raise RuleBroken("sync.seal_broken", field="sealed") from None


def _newest() -> SealKey | None:
    return SealKey.objects.order_by("-made_at", "-kid").first()


def _private(kid: str) -> ec.EllipticCurvePrivateKey | None:
    """Return the private half of a key; asked for once, for a name never means another key."""
    if kid not in _read:
        row = SealKey.objects.filter(kid=kid).values_list("private", flat=True).first()
        if row is None:
            return None
        key = serialization.load_der_private_key(b64decode(row), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        _read[kid] = key
    return _read[kid]


def _key(shared: bytes, kid: str) -> bytes:
    info = f"clinic seal 1 {kid}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=bytes(32), info=info).derive(shared)


def _bound_to(op: Mapping[str, Any]) -> bytes:
    """Return the additional data: a sealed document put into another envelope does not open."""
    return "|".join(str(op[name]) for name in ("op_id", "type", "id", "kind", "seq")).encode()


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
