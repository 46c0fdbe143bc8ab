"""A mail server on loopback (aiosmtpd) that is as moody as it is told to be.

    mail.py [--tls smtps|starttls CERTIFICATE KEY] [--login user:password] [mood ...]

Prints its port, then each mail that it was given whole as one line of JSON. Each mood is for one mail, in their order;
after the last it is well.

    well        takes it
    rcpt:451    says so to the recipient
    data:554    says so to the mail, and keeps nothing
    hang:rcpt   never answers to the recipient
    hang:data   keeps the mail and never answers
    drop:data   keeps the mail and breaks off
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Server:
    def __init__(self, moods):
        self.moods = moods

    async def handle_MAIL(self, server, session, envelope, address, options):
        session.mood = self.moods.pop(0) if self.moods else "well"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if session.mood == "hang:rcpt":
            await asyncio.Event().wait()
        if session.mood.startswith("rcpt:"):
            return session.mood.removeprefix("rcpt:") + " as I was told"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if session.mood.startswith("data:"):
            return session.mood.removeprefix("data:") + " as I was told"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        shown = {name.lower(): str(value) for name, value in mail.items()}
        shown |= {"rcpt": envelope.rcpt_tos, "body": mail.get_content().rstrip("\r\n")}
        print(json.dumps(shown), flush=True)
        if session.mood == "hang:data":
            await asyncio.Event().wait()
        if session.mood == "drop:data":
            server.transport.abort()
            await asyncio.Event().wait()
        return "250 OK"


async def main(args):
    login, tls, starttls = None, None, False
    if args[:1] == ["--tls"]:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(args[2], args[3])
        starttls, args = args[1] == "starttls", args[4:]
    if args[:1] == ["--login"]:
        login, args = tuple(part.encode() for part in args[1].split(":")), args[2:]
    server = Server(args)

    def check(_server, _session, _envelope, _mechanism, data):
        return AuthResult(success=(data.login, data.password) == login, handled=False)

    def session():
        secrecy = {"tls_context": tls, "require_starttls": True} if starttls else {}
        return SMTP(server, auth_required=login is not None, auth_require_tls=False, authenticator=check, **secrecy)

    listening = await asyncio.get_running_loop().create_server(
        session, "127.0.0.1", 0, ssl=None if starttls else tls
    )
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


asyncio.run(main(sys.argv[1:]))
