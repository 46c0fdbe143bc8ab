"""GOV.UK Notify's own word on tokens: reads lines `TOKEN SECRET`, prints the service's id or the fault's name.

    tests/.tools/venv/bin/python tests/tools/notify_token.py < TOKENS
"""

import sys

from notifications_python_client.authentication import decode_jwt_token, get_token_issuer

for line in sys.stdin:
    token, secret = line.split()
    try:
        decode_jwt_token(token, secret)
        print(get_token_issuer(token), flush=True)
    except Exception as fault:
        print(type(fault).__name__, flush=True)
