"""Writes what the fuzzers begin with: the payloads and texts of the tests' fixtures and of the profiles' samples.

    tests/fuzz/seed.py FOLDER        one folder a target, one file a payload, named by its hash
"""

import base64
import hashlib
import json
import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/fixtures"
# As tests/fuzz/fuzz_targets/text.rs counts them.
ASKED = {None: 0, "blood_pressure": 1, "weight": 2, "glucose": 3, "number": 4, "scale_1_5": 5}


def payload_of(row):
    text, encoding = row["payload"], row.get("payload_encoding", "utf8")
    if encoding == "hex":
        return bytes.fromhex(text)
    return base64.b64decode(text) if encoding == "base64" else text.encode()


def public_rows():
    for file in sorted((FIXTURES / "devices").glob("*.jsonl")):
        for line in file.read_text().splitlines():
            row = json.loads(line)
            if "payload" in row:
                yield row, payload_of(row)


def seeds():
    for row, payload in public_rows():
        target = (row.get("profile") or "").split(":")[0].replace("-", "_")
        if target in ("gatt", "mi", "fhir", "omh", "senml_json", "senml_cbor", "radio"):
            yield target, payload
        if row.get("topic"):
            yield "profile", row["topic"].encode() + b"\n" + payload
        if (row.get("topic") or "").startswith("spBv1.0/"):
            # The target cuts in the middle: the same bytes are the birth and what comes after it.
            yield "sparkplug", payload + payload
    for file in sorted((ROOT / "protocols/devices").glob("*.toml")):
        for sample in tomllib.loads(file.read_text()).get("sample", []):
            yield "profile", sample.get("topic", "").encode() + b"\n" + payload_of(sample)
    for line in (FIXTURES / "native.jsonl").read_text().splitlines():
        payload = json.loads(line)["payload"]
        yield "native", (payload if isinstance(payload, str) else json.dumps(payload)).encode()
    for row in tomllib.loads((FIXTURES / "texts.toml").read_text())["text"]:
        yield "text", bytes([ASKED.get(row.get("asked"), 0)]) + row["text"].encode()


for target, payload in seeds():
    folder = pathlib.Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(payload).hexdigest()[:16]).write_bytes(payload)
