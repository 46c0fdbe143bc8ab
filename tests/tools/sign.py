"""Twilio's own word on what a request's signature must be.

Reads JSON lines {"url": ..., "params": {...}, "token": ...} on standard input and prints, for each, what
twilio-python computes for X-Twilio-Signature. A parameter's value may be a list, for names sent more than once.

    tests/.tools/venv/bin/python tests/tools/sign.py < REQUESTS.jsonl
"""

import json
import sys

from twilio.request_validator import RequestValidator


class Params(dict):
    """A form as web frameworks hand it over: twilio-python asks such a one for all values of a name."""

    def getlist(self, name):
        value = self[name]
        return value if isinstance(value, list) else [value]


for line in sys.stdin:
    request = json.loads(line)
    validator = RequestValidator(request["token"])
    print(validator.compute_signature(request["url"], Params(request["params"])), flush=True)
