"""A customer of Snipy's, in Python. Environment: WEBHOOK_SECRET; TLS_CERT and TLS_KEY name PEM files; PORT, 0 for any."""

import os
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# From here to the matching line: Snipy's Webhooks Guide, word for word.
import hmac
import hashlib

def verify_webhook(payload: bytes, signature: str, secret: str) -> bool:
    expected = hmac.new(
        secret.encode(),
        payload,
        hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(signature, expected)
# End of Snipy's code.


def say(text: str) -> None:
    # One write, newline included: requests are served by several threads.
    print(f"{'snipy.py':13} {text}\n", end="", flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    disable_nagle_algorithm = True  # answers at once

    def do_POST(self) -> None:
        payload = self.rfile.read(int(self.headers["Content-Length"]))
        genuine = verify_webhook(payload, self.headers.get("X-Snipy-Signature", ""), os.environ["WEBHOOK_SECRET"])
        self.send_response(200 if genuine else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()
        verdict = "signature verified" if genuine else "REFUSED with 401"
        say(f"{self.headers['X-Snipy-Event']:13} {self.headers['X-Snipy-Delivery']}  {verdict}")

    def log_message(self, *_) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Receiver)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(os.environ["TLS_CERT"], os.environ["TLS_KEY"])
server.socket = tls.wrap_socket(server.socket, server_side=True)
say(f"listening on https://localhost:{server.server_port}/webhook")
server.serve_forever()
