"""Twilio's own word on what a request's signature must be.

Reads JSON lines {"url": ..., "params": {...}, "token": ...} on standard input and prints, for each, what
twilio-python computes for X-Twilio-Signature. A parameter's value may be a list, for names sent more than once.

    tests/.tools/venv/bin/python tests/tools/sign.py < REQUESTS.jsonl
"""

import json
import sys

from twilio.request_validator import RequestValidator

for line in sys.stdin:
    request = json.loads(line)
    validator = RequestValidator(request["token"])
    print(validator.compute_signature(request["url"], request["params"]), flush=True)
