"""Verifies what our signer sends with the code that Snipy prints for its customers.

Usage: python3 verify_as_documented.py <print_signed>
"""

import base64
import hashlib
import hmac
import subprocess
import sys


# Snipy's guide, "3. Verify signatures", as printed.
def verify_webhook(payload: bytes, signature: str, secret: str) -> bool:
    expected = hmac.new(
        secret.encode(),
        payload,
        hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(signature, expected)


def main() -> int:
    printed = subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout
    checked = failed = 0
    for line in printed.decode().splitlines():
        profile, secret, body, *headers = line.split("\t")
        if profile != "snipy":
            continue
        fields = dict(header.split(": ", 1) for header in headers)
        payload = base64.b64decode(body)
        signature = fields["X-Snipy-Signature"]
        right = verify_webhook(payload, signature, secret)
        wrong = verify_webhook(payload + b" ", signature, secret)
        checked += 1
        if not right or wrong:
            failed += 1
            print("not as documented:", line, file=sys.stderr)
    print(f"{checked} requests verified, {failed} of them wrongly")
    return 1 if failed or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
