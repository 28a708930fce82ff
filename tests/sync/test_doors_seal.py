"""What a tablet seals the server opens, byte for byte as WebCrypto makes it; nothing else opens."""

import json
import shutil
import subprocess
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from sync import sealing
from sync.models import SealKey
from tests.live import required
from tests.threads import at_once

OP = {"op_id": "0193a1b2-0000-7000-8000-000000000001", "type": "patient", "id": "0193a1b2-0000-7000-8000-000000000002",
      "kind": "create", "seq": 118}  # fmt: skip
PLAIN = {"doc": {"family_name_km": "សុខ", "weight": "16.5"}, "actor": "0193a1b2-0000-7000-8000-000000000003"}


def sealed(op=OP, plain=PLAIN):
    key = sealing.current_key()
    return op | {"seal_kid": key.kid, "sealed": sealing.seal(key.public, key.kid, op, plain)}


@pytest.mark.django_db
def test_what_was_sealed_is_opened():
    assert sealing.open_sealed(sealed()) == PLAIN


@pytest.mark.django_db
def test_the_same_key_serves_until_there_is_a_newer_one():
    assert sealing.current_key() == sealing.current_key()
    old = sealed()
    SealKey.objects.create(**sealing.new_pair())
    assert sealing.open_sealed(old) == PLAIN
    assert SealKey.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["op_id", "type", "id", "kind", "seq"])
def test_a_document_put_into_another_envelope_does_not_open(name):
    with pytest.raises(RuleBroken, match=r"sync\.seal_broken"):
        sealing.open_sealed(sealed() | {name: "other"})


@pytest.mark.django_db
def test_a_key_that_this_server_lost_is_told_apart_from_broken_bytes():
    op = sealed()
    SealKey.objects.all().delete()
    sealing._read.clear()
    with pytest.raises(RuleBroken, match=r"sync\.seal_key_unknown"):
        sealing.open_sealed(op)
    assert sealing.current_key().kid != op["seal_kid"]


@pytest.mark.django_db
@given(st.one_of(st.none(), st.integers(), st.text(), st.binary(max_size=200).map(lambda b: b64encode(b).decode()),
                 st.lists(st.integers(), max_size=3)))  # fmt: skip
def test_whatever_stands_there_instead_is_a_broken_seal_and_no_crash(junk):
    with pytest.raises(RuleBroken, match=r"sync\.seal_broken"):
        sealing.open_sealed(sealed() | {"sealed": junk})
    with pytest.raises(RuleBroken, match=r"sync\.seal_key_unknown"):
        sealing.open_sealed(sealed() | {"seal_kid": junk})


@pytest.mark.django_db
def test_one_changed_byte_is_noticed():
    op = sealed()
    raw = bytearray(b64decode(op["sealed"]))
    for place in (1, 70, 90, len(raw) - 1):
        other = bytearray(raw)
        other[place] ^= 1
        with pytest.raises(RuleBroken, match=r"sync\.seal_broken"):
            sealing.open_sealed(op | {"sealed": b64encode(bytes(other)).decode()})


@pytest.mark.django_db(transaction=True)
def test_of_two_who_need_the_first_key_at_once_one_makes_it():
    made = at_once(*[sealing.current_key] * 6)
    assert len({key.kid for key in made}) == SealKey.objects.count() == 1


# What the app does, in the words of WebCrypto; node carries the same implementation as the browser's contract.
IN_A_BROWSER = """
const { subtle } = globalThis.crypto;
const [pub, kid, op, plain] = JSON.parse(process.argv[1]);
const bytes = (text) => new TextEncoder().encode(text);
const curve = {name: "ECDH", namedCurve: "P-256"};
const theirs = await subtle.importKey("raw", Buffer.from(pub, "base64"), curve, false, []);
const ours = await subtle.generateKey(curve, true, ["deriveBits"]);
const shared = await subtle.deriveBits({name: "ECDH", public: theirs}, ours.privateKey, 256);
const material = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
const key = await subtle.deriveKey({name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32),
  info: bytes("clinic seal 1 " + kid)}, material, {name: "AES-GCM", length: 256}, false, ["encrypt"]);
const iv = crypto.getRandomValues(new Uint8Array(12));
const bound = bytes([op.op_id, op.type, op.id, op.kind, op.seq].join("|"));
const secret = await subtle.encrypt({name: "AES-GCM", iv, additionalData: bound}, key, bytes(JSON.stringify(plain)));
const point = await subtle.exportKey("raw", ours.publicKey);
process.stdout.write(Buffer.concat([Buffer.from(point), Buffer.from(iv), Buffer.from(secret)]).toString("base64"));
"""


@pytest.mark.django_db
def test_what_webcrypto_seals_is_opened():
    node = shutil.which("node") or required("node")
    key = sealing.current_key()
    made = subprocess.run(
        [node, "--input-type=module", "-e", IN_A_BROWSER, json.dumps([key.public, key.kid, OP, PLAIN])],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert sealing.open_sealed(OP | {"seal_kid": key.kid, "sealed": made.stdout}) == PLAIN
