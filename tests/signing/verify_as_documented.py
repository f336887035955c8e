"""Verifies what our signer sends: with the code that Snipy prints for its customers, and Standard
Webhooks' ed25519 signatures.

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


# Standard Webhooks' v1a by RFC 8032's own arithmetic, slow and without OpenSSL, whose signature it is.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P)


def times(factor, point):
    total = (0, 1)
    while factor:
        if factor & 1:
            total = add(total, point)
        point = add(point, point)
        factor >>= 1
    return total


def point_of(encoded: bytes):
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P:
        raise ValueError("no point of the curve")
    return (P - x if x & 1 != sign else x, y)


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def verify_v1a(payload: bytes, fields, secret: str) -> bool:
    public = base64.b64decode(secret.removeprefix("whsk_"))[32:]
    content = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + payload
    for token in fields["webhook-signature"].split(" "):
        version, encoded = token.split(",")
        signature = base64.b64decode(encoded, validate=True)
        if version != "v1a" or len(signature) != 64:
            continue
        scalar = int.from_bytes(signature[32:], "little")
        digest = hashlib.sha512(signature[:32] + public + content).digest()
        k = int.from_bytes(digest, "little") % ORDER
        right = add(point_of(signature[:32]), times(k, point_of(public)))
        if scalar < ORDER and times(scalar, BASE) == right:
            return True
    return False


def main() -> int:
    printed = subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout
    checked = ed25519 = failed = 0
    for line in printed.decode().splitlines():
        profile, secret, body, *headers = line.split("\t")
        fields = dict(header.split(": ", 1) for header in headers)
        payload = base64.b64decode(body)
        if profile == "snipy":
            signature = fields["X-Snipy-Signature"]
            right = verify_webhook(payload, signature, secret)
            wrong = verify_webhook(payload + b" ", signature, secret)
        elif secret.startswith("whsk_"):
            right = verify_v1a(payload, fields, secret)
            wrong = verify_v1a(payload + b" ", fields, secret)
            ed25519 += 1
        else:
            continue
        checked += 1
        if not right or wrong:
            failed += 1
            print("not as documented:", line, file=sys.stderr)
    print(f"{checked} requests verified, {ed25519} by ed25519, {failed} of them wrongly")
    return 1 if failed or not ed25519 or checked == ed25519 else 0


if __name__ == "__main__":
    sys.exit(main())
