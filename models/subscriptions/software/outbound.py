"""One request to somebody else's machine, which may be slow, hostile, or not what its name says."""

import contextlib
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException

from ....tools.webhooks import check_address, is_public

#: Seconds that the whole of it may take.
SECONDS = 10


class OutboundError(Exception):
    """The request had no answer; says why, for people who look after the receiver.

    :param bool is_unreachable: whether it would be the same with any other message
    """

    def __init__(self, message, is_unreachable=False):
        super().__init__(message)
        self.is_unreachable = is_unreachable


def post(url, body, headers, *, allow_http=False, allow_private=False):
    """Send ``body`` to ``url``; return ``(status, reason)``. Redirects are not followed, proxies not asked.

    The name is resolved once and the address that was checked is the one that is connected to, so a name that
    resolves to another address the second time gains nothing.

    :raises OutboundError: whatever goes wrong
    """
    try:
        parts = check_address(url, allow_http=allow_http)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = _Connection(parts.hostname, port, parts.scheme == "https", allow_private)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return connection.post(path, body, headers)
    except OutboundError:
        raise
    except (OSError, HTTPException, ValueError, LookupError) as error:
        # Names that are none are a ValueError, wrong certificates an OSError.
        is_unreachable = isinstance(error, OSError | HTTPException)
        raise OutboundError(f"{type(error).__name__}: {error}"[:200], is_unreachable) from error


class _Connection(HTTPConnection):
    """A connection to an address that was checked, which ends after some seconds whatever the other side does."""

    def __init__(self, host, port, is_https, allow_private):
        super().__init__(host, port, timeout=SECONDS)
        self.default_port = 443 if is_https else 80
        self.is_https, self.allow_private = is_https, allow_private
        self.raw = self.is_late = None

    def post(self, path, body, headers):
        """Send the request and return ``(status, reason)``; the rest of the answer is not read."""
        alarm = threading.Timer(SECONDS, self.give_up)
        alarm.daemon = True
        alarm.start()
        try:
            self.request("POST", path, body, {**headers, "Connection": "close"})
            response = self.getresponse()
        except (OSError, HTTPException):
            if not self.is_late:
                raise
        finally:
            alarm.cancel()
            self.close()
        # Half an answer looks like a whole one when the connection ends.
        if self.is_late:
            raise TimeoutError(f"no answer within {SECONDS} s")
        return response.status, "".join(ch for ch in response.reason if ch.isprintable())[:80]

    def connect(self):
        self.raw = self._connect_to(self._resolve())
        if self.is_late:
            raise TimeoutError
        self.sock = self.raw
        if self.is_https:
            self.sock = ssl.create_default_context().wrap_socket(self.raw, server_hostname=self.host)

    def _resolve(self):
        """Return the addresses of the host that may be asked."""
        # In a thread, because nothing else can end it.
        pool = ThreadPoolExecutor(1)
        try:
            look_up = pool.submit(socket.getaddrinfo, self.host, self.port, type=socket.SOCK_STREAM)
            found = look_up.result(timeout=SECONDS)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        allowed = [it for it in found if self.allow_private or is_public(it[4][0])]
        if not allowed:
            raise OutboundError(f"{self.host} is an address of a private network")
        return allowed

    def _connect_to(self, addresses):
        """Return a socket to the first of these addresses that answers."""
        reason = OSError("no address")
        for family, kind, protocol, _name, address in addresses:
            raw = socket.socket(family, kind, protocol)
            try:
                raw.settimeout(SECONDS / len(addresses))
                raw.connect(address)
            except OSError as error:
                raw.close()
                reason = error
            else:
                raw.settimeout(SECONDS)
                return raw
        raise reason

    def give_up(self):
        """End the connection, however far it is: a read that waits fails."""
        self.is_late = True
        if self.raw:
            with contextlib.suppress(OSError):
                self.raw.shutdown(socket.SHUT_RDWR)
