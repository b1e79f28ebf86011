"""What Odoo's web client is asked to do. Plain dictionaries, so that every button says it the same way."""


def notification(message, kind):
    """Return the action that shows ``message`` and reads the page anew.

    :param str kind: ``success``, ``info``, ``warning`` or ``danger``
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "message": message,
            "type": kind,
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        },
    }
