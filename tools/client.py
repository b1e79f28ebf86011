"""What Odoo's web client is asked to do. Plain dictionaries, so that every button says it the same way."""

#: Documents that a notification names; of more it tells the number only.
MOST_LINKS = 5


def notification(message, kind, moves=()):
    """Return the action that shows ``message`` and reads the page anew.

    :param str kind: ``success``, ``info``, ``warning`` or ``danger``
    :param moves: invoices that were made; a few of them are linked to behind the message
    """
    params = {"message": message, "type": kind, "next": {"type": "ir.actions.client", "tag": "soft_reload"}}
    if 0 < len(moves) <= MOST_LINKS:
        # The web client puts each link where a sign of its own stands.
        params["message"] = message.replace("%", "%%") + " %s" * len(moves)
        params["links"] = [
            {"label": move.name, "url": f"/odoo/action-account.action_move_out_invoice_type/{move.id}"}
            for move in moves
        ]
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
