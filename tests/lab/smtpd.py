#!/usr/bin/python3
"""A real SMTP server for tests: every mail that it accepts becomes a file of the folder.

  smtpd.py PORT FOLDER [--refuse 550|450] [--refuse-once] [--stall SECONDS [--stall-for ADDRESS]] [--stall-data SECONDS]
                          [--tls] [--auth USER:PASSWORD]

Files are named 0001.eml, 0002.eml ... in the order of acceptance, each beginning with X-MailFrom and X-RcptTo.
--refuse answers RCPT with that code; --refuse-once does so the first time only; --stall sleeps before the answer to
RCPT (of that address only), --stall-data before the answer to the end of DATA. --tls offers STARTTLS with a certificate of its own that nobody
trusts; --auth takes mails only after that login (which needs --tls); X-Tls and X-User say how a mail came. Prints "ready" when it listens; ends by SIGTERM.
Runs on Debian's python3-aiosmtpd.
"""
import argparse
import asyncio
import os
import signal
import ssl
import subprocess
import tempfile

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, options):
        self.options = options
        self.count = len([n for n in os.listdir(options.folder) if n.endswith(".eml")])
        self.refused = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.options.stall and self.options.stall_for in ("", address):
            await asyncio.sleep(self.options.stall)
        if self.options.refuse and not (self.options.refuse_once and self.refused):
            self.refused += 1
            return f"{self.options.refuse} not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.options.stall_data:
            await asyncio.sleep(self.options.stall_data)
        self.count += 1
        path = os.path.join(self.options.folder, f"{self.count:04d}.eml")
        user = (session.auth_data or b"").decode()
        head = f"X-Tls: {'yes' if session.ssl else 'no'}\r\nX-User: {user}\r\n"
        head += f"X-MailFrom: {envelope.mail_from}\r\nX-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n"
        with open(path + ".part", "wb") as f:
            f.write(head.encode() + envelope.original_content)
        os.rename(path + ".part", path)
        return "250 kept"


def tls_context():
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key"), os.path.join(folder, "crt")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=lab.example", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
            check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


def login_of(options):
    def check(server, session, envelope, mechanism, data):
        good = f"{data.login.decode()}:{data.password.decode()}" == options.auth
        return AuthResult(success=good, handled=good, auth_data=data.login)

    return {"authenticator": check, "auth_required": True, "auth_require_tls": True} if options.auth else {}


async def serve(options):
    loop = asyncio.get_running_loop()
    keeper = Keeper(options)
    context = tls_context() if options.tls else None
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="lab.example", tls_context=context, **login_of(options)), "127.0.0.1", options.port)
    done = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, done.set)
    loop.add_signal_handler(signal.SIGINT, done.set)
    print("ready", flush=True)
    await done.wait()
    server.close()


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("port", type=int)
    p.add_argument("folder")
    p.add_argument("--refuse", type=int, default=0)
    p.add_argument("--refuse-once", action="store_true")
    p.add_argument("--stall", type=float, default=0)
    p.add_argument("--stall-for", default="")
    p.add_argument("--stall-data", type=float, default=0)
    p.add_argument("--tls", action="store_true")
    p.add_argument("--auth", default="")
    asyncio.run(serve(p.parse_args()))
