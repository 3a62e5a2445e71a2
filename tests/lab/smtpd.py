#!/usr/bin/python3
"""A real SMTP server for tests: smtpd.py PORT FOLDER

Writes each mail to FOLDER/NNNN.eml in order of arrival. Files in FOLDER steer it:
  refuse     every recipient is refused for good (550)
  later      every recipient is refused for now (451)
  stall      MAIL FROM is answered only when the file has gone
"""
import asyncio
import os
import sys

from aiosmtpd.controller import Controller


class Keep:
    def __init__(self, folder):
        self.folder = folder
        self.count = len([n for n in os.listdir(folder) if n.endswith(".eml")])

    def there(self, name):
        return os.path.exists(os.path.join(self.folder, name))

    async def handle_MAIL(self, server, session, envelope, address, options):
        while self.there("stall"):
            await asyncio.sleep(0.1)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.there("refuse"):
            return "550 no such person"
        if self.there("later"):
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        path = os.path.join(self.folder, "%04d.eml" % self.count)
        with open(path + ".part", "wb") as out:
            out.write(envelope.original_content)
        os.rename(path + ".part", path)
        return "250 kept"


port, folder = int(sys.argv[1]), sys.argv[2]
controller = Controller(Keep(folder), hostname="127.0.0.1", port=port)
controller.start()
print("ready", flush=True)
try:
    asyncio.new_event_loop().run_forever()
except KeyboardInterrupt:
    pass
