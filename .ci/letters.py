"""Letters through a real mail server (PyPI: aiosmtpd), over STARTTLS with an authority that only this check knows, read by Python's own email.

BINARY       the program
AUTHORITY    folder with ca.pem, server.pem and server.key
"""

import email
import email.policy
import logging
import os
import ssl
import urllib.error
from pathlib import Path

from aiosmtpd.controller import Controller

from service import Service, free_port, one, scratch, until

AUTHORITY = Path(os.environ["AUTHORITY"])
LINKS = "https://frivillig.example/link"


class Mailbox:
    """Takes everything, but nothing in the clear."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        assert session.ssl is not None
        self.envelopes.append(envelope)
        return "250 Taken"


# That a handshake fails is what the first part is about.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
mailbox = Mailbox()
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(AUTHORITY / "server.pem", AUTHORITY / "server.key")
server = Controller(mailbox, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True)
server.start()


def settings(name):
    return {
        "DATABASE_URL": f"sqlite://{scratch / name}.db",
        "DEMO": "true",
        # Everything in the sample data is older than a day.
        "VERIFY_AFTER_DAYS": "1",
        "VERIFY_GRACE_DAYS": "3650",
        "SMTP_URL": f"smtp://localhost:{server.port}?tls=required",
        "MAIL_FROM": "Frivillig i Hjørring <no-reply@frivillig.example>",
        "LINK_BASE_URL": LINKS,
        "RUST_LOG": "warn",
    }


print("whoever does not know the authority behind the server's certificate sends nothing, and says why")
stranger = Service(**settings("stranger"))
until("the operator is told", lambda: "a letter was not sent" in stranger.log)
assert "certificate" in stranger.log.lower(), stranger.log
stranger.stop()
assert mailbox.envelopes == []

print("letters go, each once, and are letters")
service = Service(SSL_CERT_FILE=str(AUTHORITY / "ca.pem"), **settings("service"))
until("there is nothing left to send", lambda: mailbox.envelopes and service.ask("/health/ready")["work"]["due"] == 0, 60)
letters = [email.message_from_bytes(envelope.content, policy=email.policy.default) for envelope in mailbox.envelopes]
assert len({letter["Message-ID"] for letter in letters}) == len(letters)
for letter, envelope in zip(letters, mailbox.envelopes):
    assert letter.defects == [] and all(header.defects == () for header in letter.values()), letter.as_string()
    assert all(len(line) <= 998 for line in envelope.content.splitlines()) and envelope.content.isascii()
    (sender,), (recipient,) = letter["From"].addresses, letter["To"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Frivillig i Hjørring", "no-reply@frivillig.example")
    assert (envelope.mail_from, envelope.rcpt_tos) == (sender.addr_spec, [recipient.addr_spec])
    assert recipient.domain.endswith(".example"), recipient
    assert letter["Message-ID"].endswith("@frivillig.example>") and letter["Date"].datetime.tzinfo
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain" and letter["Content-Type"].params["charset"] == "utf-8"
    assert letter["Subject"].startswith("Passer »") and letter["Subject"].endswith("« stadig?"), letter["Subject"]
    title = letter["Subject"].removeprefix("Passer »").removesuffix("« stadig?")
    assert title in letter.get_content() and "In English:" in letter.get_content()

print("a link out of a letter does what it is for, once")
# A newer letter about the same entry takes the place of an older one's link.
secret = one(rf"{LINKS}#(\S+)", letters[-1].get_content())
done = service.ask("/v1/confirmations", {"token": secret}, **{"Accept-Language": "en"})
assert done["purpose"] == "confirm_initiative", done
entry = service.ask(f"/v1/initiatives/{done['initiative_id']}")
assert entry["title"] in letters[-1].get_content() and entry["needs_verification"] is False, entry
try:
    raise AssertionError(service.ask("/v1/confirmations", {"token": secret}))
except urllib.error.HTTPError as refusal:
    assert refusal.code == 410, refusal
service.stop()
assert "WARN" not in service.log and "ERROR" not in service.log, service.log
server.stop()
print(f"{len(letters)} letters")
