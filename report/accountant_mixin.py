from markupsafe import Markup

from odoo import api, models
from odoo.tools import formatLang

#: Things of one kind that are listed; how many more there are is said.
LISTED = 10


class PracticeAccountantMixin(models.AbstractModel):
    """Something that an accountant looks after: it has one activity that says what is wrong, as long as it is.

    Who inherits it has a ``company_id``, a ``user_id`` (the accountant who was chosen, if any) and activities.
    """

    _name = "practice.accountant.mixin"
    _description = "Looked After by an Accountant"

    #: The kind of its activity.
    _practice_accountant_activity = ""

    # === WHO IS TOLD === #

    def _get_accountant(self):
        """Return who is told: who looks after this record, an accountant of its company, or its administrator."""
        self.ensure_one()
        chosen = self.user_id if self.with_user(self.user_id).has_access("read") else self.user_id.browse()
        return self.company_id._practice_get_accountant(chosen)

    def _tell_accountant(self, summary, note):
        """Make the activity, or bring it up to date without telling the same person again."""
        self.ensure_one()
        user = self._get_accountant()
        told = self.activity_search([self._practice_accountant_activity])
        (told - told[:1]).unlink()
        if told:
            changes = {"summary": summary, "note": note, "user_id": user.id}
            if told[:1].user_id == user:
                del changes["user_id"]
            told[:1].write(changes)
        else:
            self.activity_schedule(self._practice_accountant_activity, summary=summary, note=note, user_id=user.id)

    def _untell_accountant(self):
        """Take the activity away."""
        self.activity_unlink([self._practice_accountant_activity])

    # === IN WORDS === #

    def _format(self, amount):
        return formatLang(self.env, amount, currency_obj=self.company_id.currency_id)

    @api.model
    def _link(self, record, title=None):
        """Return a link that works in an activity, in the chatter and on a form alike."""
        return Markup('<a href="/odoo/%s/%s" data-oe-model="%s" data-oe-id="%s">%s</a>') % (
            record._name, record.id, record._name, record.id, title or record.display_name,
        )  # fmt: skip

    @api.model
    def _list(self, lines):
        return Markup("<ul>%s</ul>") % Markup().join(Markup("<li>%s</li>") % line for line in lines)

    def _cap(self, lines, count):
        """Return at most ``LISTED`` of these lines, and how many more there are."""
        more = count - LISTED
        return [*lines[:LISTED], self.env._("and %s more", more)] if more > 0 else lines
