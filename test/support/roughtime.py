"""Roughtime once more, from RFC 10049 alone and by other people's cryptography: one JSON object a line in, one out."""

import base64
import hashlib
import json
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAMES = {1: b"Roughtime v1", 0x8000000C: b"RoughTime v1"}  # section 5.2, and the drafts


def h(*parts):
    return hashlib.sha512(b"".join(parts)).digest()[:32]


def encode(values):  # section 4
    tags = [(tag.encode().ljust(4, b"\0"), value) for tag, value in values.items()]
    tags.sort(key=lambda pair: struct.unpack("<I", pair[0]))
    ends = [sum(len(value) for _, value in tags[:i]) for i in range(1, len(tags))]
    head = struct.pack("<I", len(tags)) + b"".join(struct.pack("<I", end) for end in ends)
    return head + b"".join(tag for tag, _ in tags) + b"".join(value for _, value in tags)


def decode(message):
    (count,) = struct.unpack_from("<I", message)
    offsets = [0, *struct.unpack_from(f"<{count - 1}I", message, 4)]
    tags = [message[4 * (count + i) : 4 * (count + i + 1)] for i in range(count)]
    values = message[8 * count :]
    assert all(offset % 4 == 0 for offset in offsets) and offsets == sorted(offsets), "offsets"
    assert [struct.unpack("<I", tag) for tag in tags] == sorted({struct.unpack("<I", tag) for tag in tags}), "tags"
    ends = [*offsets[1:], len(values)]
    return {tag.rstrip(b"\0").decode(): values[start:end] for tag, start, end in zip(tags, offsets, ends)}


def packet(message):  # section 5
    return b"ROUGHTIM" + struct.pack("<I", len(message)) + message


def unpack(whole):
    assert whole[:8] == b"ROUGHTIM" and struct.unpack_from("<I", whole, 8) == (len(whole) - 12,), "packet"
    return decode(whole[12:])


def numbers(value):
    return list(struct.unpack(f"<{len(value) // 4}I", value))


def context(version, purpose):
    return NAMES[version] + b" " + purpose + b" signature\0"


def request(nonce, key, versions):  # section 5.1
    values = {"VER": struct.pack(f"<{len(versions)}I", *versions), "NONC": nonce, "TYPE": bytes(4), "ZZZZ": b""}
    values["SRV"] = h(b"\xff", key)
    values["ZZZZ"] = bytes(1024 - len(encode(values)))
    return packet(encode(values))


def verify(key, asked, answer):  # sections 5.2, 5.3.1 and 5.4
    question, outer = unpack(asked), unpack(answer)
    srep, cert = decode(outer["SREP"]), decode(outer["CERT"])
    dele = decode(cert["DELE"])
    (version,), (index,) = numbers(srep["VER"]), numbers(outer["INDX"])
    midpoint, earliest, latest = (struct.unpack("<Q", v)[0] for v in (srep["MIDP"], dele["MINT"], dele["MAXT"]))
    assert numbers(outer["TYPE"]) == [1] and outer["NONC"] == question["NONC"], "another question"
    assert version in numbers(question["VER"]) and version in numbers(srep["VERS"]), "version"
    Ed25519PublicKey.from_public_bytes(key).verify(cert["SIG"], context(version, b"delegation") + cert["DELE"])
    online = Ed25519PublicKey.from_public_bytes(dele["PUBK"])
    online.verify(outer["SIG"], context(version, b"response") + outer["SREP"])
    assert earliest <= midpoint <= latest, "delegation"
    node = h(b"\0", asked)
    for at in range(0, len(outer["PATH"]), 32):
        sibling = outer["PATH"][at : at + 32]
        node = h(b"\1", sibling, node) if index & 1 else h(b"\1", node, sibling)
        index >>= 1
    assert node == srep["ROOT"] and index == 0, "root"
    return {"version": version, "midpoint": midpoint, "radius": numbers(srep["RADI"])[0], "size": len(answer)}


def judge(report):  # section 8.4.1, and the check of section 8.2
    told, last = [], None
    for entry in json.loads(report)["responses"]:
        given = {name: base64.b64decode(value, validate=True) for name, value in entry.items()}
        if last is not None:
            rand = given.get("rand", b"")
            assert len(rand) == 32 and unpack(given["request"])["NONC"] == h(last, rand), "order"
        told.append(verify(given["publicKey"], given["request"], given["response"]))
        last = given["response"]
    lies = []
    for j, later in enumerate(told):
        for i, earlier in enumerate(told[:j]):
            if earlier["midpoint"] - earlier["radius"] > later["midpoint"] + later["radius"]:
                lies.append([i, j])
    return {"midpoints": [one["midpoint"] for one in told], "lies": lies}


def raw(private):
    return private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def respond(asked, version, midpoint, radius):  # section 5.2, with new keys
    longterm, online = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    dele = encode({"PUBK": raw(online), "MINT": struct.pack("<Q", midpoint), "MAXT": struct.pack("<Q", midpoint)})
    cert = encode({"SIG": longterm.sign(context(version, b"delegation") + dele), "DELE": dele})
    levels = [[h(b"\0", one) for one in asked]]
    while len(levels[-1]) > 1:
        levels[-1] += levels[-1][-1:] * (len(levels[-1]) % 2)
        pairs = zip(levels[-1][::2], levels[-1][1::2])
        levels.append([h(b"\1", left, right) for left, right in pairs])
    stated = {"VER": struct.pack("<I", version), "RADI": struct.pack("<I", radius), "MIDP": struct.pack("<Q", midpoint)}
    srep = encode({**stated, "VERS": struct.pack("<I", version), "ROOT": levels[-1][0]})
    shared = {"SIG": online.sign(context(version, b"response") + srep), "SREP": srep, "CERT": cert}
    answers = []
    for i, one in enumerate(asked):
        path = b"".join(level[(i >> height) ^ 1] for height, level in enumerate(levels[:-1]))
        own = {"NONC": unpack(one)["NONC"], "TYPE": struct.pack("<I", 1), "PATH": path, "INDX": struct.pack("<I", i)}
        answers.append(packet(encode({**shared, **own})))
    return {"key": raw(longterm), "responses": answers}


def run(do, **given):
    bare = {name: base64.b64decode(value) if isinstance(value, str) else value for name, value in given.items()}
    if do == "request":
        return {"request": request(**bare)}
    if do == "respond":
        return respond(**{**bare, "asked": [base64.b64decode(one) for one in given["asked"]]})
    try:
        return judge(**bare) if do == "judge" else verify(**bare)
    except (AssertionError, InvalidSignature) as fault:
        return {"refused": str(fault) or "signature"}


for line in sys.stdin:
    print(json.dumps(run(**json.loads(line)), default=lambda value: base64.b64encode(value).decode()))
