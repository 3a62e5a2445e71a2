#!/usr/bin/python3
"""A real SMTP server for tests: every mail that it accepts becomes a file of the folder.

  smtpd.py PORT FOLDER [--refuse 550|450] [--refuse-once] [--stall SECONDS] [--stall-data SECONDS]

Files are named 0001.eml, 0002.eml ... in the order of acceptance, each beginning with X-MailFrom and X-RcptTo.
--refuse answers RCPT with that code; --refuse-once does so the first time only; --stall sleeps before the answer to
RCPT, --stall-data before the answer to the end of DATA. Prints "ready" when it listens; ends by SIGTERM.
Runs on Debian's python3-aiosmtpd.
"""
import argparse
import asyncio
import os
import signal

from aiosmtpd.smtp import SMTP


class Keeper:
    def __init__(self, options):
        self.options = options
        self.count = len([n for n in os.listdir(options.folder) if n.endswith(".eml")])
        self.refused = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.options.stall:
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
        head = f"X-MailFrom: {envelope.mail_from}\r\nX-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n"
        with open(path + ".part", "wb") as f:
            f.write(head.encode() + envelope.original_content)
        os.rename(path + ".part", path)
        return "250 kept"


async def serve(options):
    loop = asyncio.get_running_loop()
    keeper = Keeper(options)
    server = await loop.create_server(lambda: SMTP(keeper, hostname="lab.example"), "127.0.0.1", options.port)
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
    p.add_argument("--stall-data", type=float, default=0)
    asyncio.run(serve(p.parse_args()))
