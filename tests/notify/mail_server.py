"""A real SMTP server for the tests: aiosmtpd on loopback, one port for each way that a server may be.

Usage: python3 mail_server.py <certificate.pem> <key.pem> <another name's certificate.pem> <its key.pem>

Prints "ports <way>=<port> ..." once it listens, then a line for each mail that it has taken: the way, what the session
said of itself, and what Python's own parser makes of the message. Ends when its input does.
"""

import asyncio
import base64
import email
import email.policy
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Mailbox:
    def __init__(self, way):
        self.way = way

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@"):
            return "451 4.2.1 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if "spam" in message["Subject"]:
            return "554 5.6.0 we don't like it"
        said = {
            "way": self.way,
            "tls": "yes" if server.transport.get_extra_info("cipher") else "no",
            "user": (session.auth_data or b"").decode() if session.authenticated else "",
            "ehlo": session.host_name,
            "envelope-from": envelope.mail_from,
            "envelope-to": " ".join(envelope.rcpt_tos),
            "header-names": " ".join(name.lower() for name in message.keys()),
            "from": str(message["From"]),
            "to": str(message["To"]),
            "subject": str(message["Subject"]),
            "date": str(message["Date"].datetime),
            "message-id": str(message["Message-ID"]),
            "defects": str(len(message.defects)),
            "longest-line": str(max(len(line) for line in envelope.content.split(b"\r\n"))),
            "text": message.get_content(),
        }
        fields = (name + "=" + base64.b64encode(value.encode()).decode() for name, value in said.items())
        print("mail", *fields, flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, auth_data):
    right = auth_data.login == b"hooks" and auth_data.password == "s\u00e4cret p\u00e4ss".encode()
    return AuthResult(success=right, handled=False, auth_data=auth_data.login)


async def never_greet(reader, writer):
    await reader.read()


def context(certificate, key):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


async def main():
    right = context(sys.argv[1], sys.argv[2])
    wrong = context(sys.argv[3], sys.argv[4])
    loop = asyncio.get_running_loop()
    ways = {
        "plain": (None, {}),
        "starttls": (None, {"tls_context": right, "require_starttls": True}),
        "login": (None, {"tls_context": right, "require_starttls": True, "auth_required": True,
                         "authenticator": authenticate}),
        "implicit": (right, {}),
        "wrong_name": (wrong, {}),
        "wrong_name_starttls": (None, {"tls_context": wrong, "require_starttls": True}),
    }
    ports = {}
    servers = []
    for way, (tls, options) in ways.items():
        def make(way=way, options=options):
            return SMTP(Mailbox(way), hostname="mail.test", enable_SMTPUTF8=False, loop=loop, **options)
        servers.append(await loop.create_server(make, "127.0.0.1", 0, ssl=tls))
        ports[way] = servers[-1].sockets[0].getsockname()[1]
    servers.append(await asyncio.start_server(never_greet, "127.0.0.1", 0))
    ports["silent"] = servers[-1].sockets[0].getsockname()[1]
    print("ports", *(f"{way}={port}" for way, port in ports.items()), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
