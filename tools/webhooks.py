"""The rules of Standard Webhooks (https://www.standardwebhooks.com): how a message is signed, where it may be sent."""

import base64
import hashlib
import hmac
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

PREFIX = "whsec_"

#: IPv6 addresses whose end is an IPv4 address.
NAT64 = ip_network("64:ff9b::/96")

#: Bytes of a secret, at least; those that are made here have twice as many.
KEY_SIZE = 16


def parse_secrets(text):
    """Return the keys that messages are signed with: of each secret in ``text``, which are separated by spaces.

    A secret is ``whsec_`` and base64. One without the prefix is from before this format, is the whole
    text, and its receiver knows it as ``whsec_`` and the base64 of its bytes.

    :raises ValueError: when one is too short, or no base64
    """
    text = (text or "").strip()
    return [_parse_secret(word) for word in (text.split() if text.startswith(PREFIX) else [text])]


def _parse_secret(word):
    # What is no base64 is a ValueError too.
    encoded = word.startswith(PREFIX)
    key = base64.b64decode(word.removeprefix(PREFIX), validate=True) if encoded else word.encode()
    if len(key) < KEY_SIZE:
        raise ValueError("A secret has at least 16 bytes.")
    return key


def make_secret(key):
    """Return a key as it is written down for people."""
    return PREFIX + base64.b64encode(key).decode()


def sign(keys, message_id, timestamp, body):
    """Return the signature of a message: one for each key, so that a receiver may know either of two.

    :param int timestamp: seconds since 1970, of this attempt to send it
    :param bytes body: as it is sent
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def check_address(url, *, allow_http=False):
    """Return the parts of an address that a message may be sent to.

    :raises ValueError: when it is none: without ``https`` (unless ``http`` is allowed) or a host, with a login in it,
        or with a port that is none
    """
    parts = urlsplit(url or "")
    if parts.scheme not in (("https", "http") if allow_http else ("https",)):
        raise ValueError("scheme")
    if not parts.hostname or "@" in parts.netloc or not url.isascii() or any(ch <= " " for ch in url):
        raise ValueError("host")
    parts.hostname.encode("idna")
    if parts.port == 0:
        raise ValueError("port")
    return parts


def is_public(address):
    """Return whether an IP address is one of the internet: not of this machine, its network, or its provider.

    Addresses that stand for an IPv4 address count as what they stand for.
    """
    ip = ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if getattr(ip, "teredo", None):
        return False
    if ip.version == 6 and ip in NAT64:
        inner = ip_address(int(ip) & 0xFFFFFFFF)
    return is_public(str(inner)) if inner else ip.is_global and not ip.is_multicast
