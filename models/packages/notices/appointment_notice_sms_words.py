from odoo import api, models
from odoo.fields import Command

#: How an SMS writes a moment: it is short.
MOMENT = "EEE d MMM, HH:mm"


class PracticeAppointmentNotice(models.Model):
    """What an SMS says: in one or two parts, and nothing that a locked screen should not show."""

    _inherit = "practice.appointment.notice"

    def _render_sms(self):
        """Return the words of the SMS of these notices, each in the language of whom it is for: ``{notice: words}``."""
        templates_sudo, words = self._get_sms_templates_sudo(), {}
        for kind, notices in self.grouped("kind").items():
            words |= templates_sudo[kind]._render_field("body", notices.ids, compute_lang=True)
        return {notice: words[notice.id].strip() for notice in self}

    def _get_sms_values(self):
        """Return what the templates say: ``practice``, ``practitioner``, ``when``, ``was`` and ``details``."""
        self.ensure_one()
        event, visits = self.event_id, self._get_visits()
        when = event._practice_describe_moment(self.start, MOMENT)
        if len(visits) > 1:
            when = self.env._("%(when)s (the first of %(count)s)", when=when, count=len(visits))
        return {
            "practice": self.company_id.name,
            "practitioner": event.user_id.name or self.company_id.name,
            "when": when,
            "was": event._practice_describe_moment(self.start_before, MOMENT) if self.start_before else "",
            "details": self._describe_cancelling() if len(visits) == 1 else "",
        }

    def _describe_cancelling(self):
        """Return in sentences until when cancelling is free and where it is done.

        Of a series nobody is told: each visit has a time and an address of its own, which its reminder says.
        """
        self.ensure_one()
        if self.kind == "cancelled":
            return ""
        event, links, sentences = self.event_id, self._get_links(), []
        if event._practice_get_late_cost() and event._practice_is_late():
            sentences.append(self.env._("Cancelling costs credits: %s.", event._practice_get_late_cost()))
        elif event._practice_get_late_cost():
            until = event._practice_describe_moment(event.cancel_free_until, MOMENT)
            sentences.append(self.env._("Free to cancel until %s.", until))
        if url := links["cancel_url"] or links["move_url"]:
            sentences.append(self.env._("To cancel: %s", url))
        return " ".join(sentences)

    # === TEMPLATES === #

    @api.model
    def _get_sms_templates_sudo(self):
        """Return the templates of Odoo's SMS by kind of notice; those that are not there are made.

        A data file cannot hold them, because the module that knows such templates need not be installed. A practice
        may change them, as those of the e-mails; whoever deletes one gets it anew.
        """
        names = {kind: f"practice_billing.sms_template_appointment_{kind}" for kind, _label in self._get_kinds()}
        # sudo: made by the run, or by whoever opens them first
        self_sudo = self.sudo()
        templates_sudo = {kind: self_sudo.env.ref(name, raise_if_not_found=False) for kind, name in names.items()}
        if missing := [kind for kind, template in templates_sudo.items() if not template]:
            templates_sudo |= self._make_sms_templates_sudo({kind: names[kind] for kind in missing})
        return templates_sudo

    @api.model
    def _get_kinds(self):
        return self._fields["kind"]._description_selection(self.env)

    @api.model
    def _make_sms_templates_sudo(self, names):
        """Make the templates with these external names, by kind, in all languages that are installed."""
        # sudo: as in _get_sms_templates_sudo
        templates_sudo = self.env["sms.template"].sudo().with_context(lang="en_US")
        notices = self.with_context(lang="en_US")
        made_sudo = templates_sudo._load_records(
            [
                {
                    "xml_id": name,
                    "noupdate": True,
                    "values": {
                        "name": notices._get_sms_names()[kind],
                        "body": notices._get_sms_bodies()[kind],
                        "model_id": self.env["ir.model"]._get_id(self._name),
                        "lang": "{{ object.partner_id.lang }}",
                    },
                }
                for kind, name in names.items()
            ]
        )
        for code, _name in self.env["res.lang"].get_installed():
            translated = self.with_context(lang=code)
            bodies, labels = translated._get_sms_bodies(), translated._get_sms_names()
            for kind, template_sudo in zip(names, made_sudo, strict=True):
                template_sudo.with_context(lang=code).write({"name": labels[kind], "body": bodies[kind]})
        self._let_managers_change_sms()
        return dict(zip(names, made_sudo, strict=True))

    @api.model
    def _let_managers_change_sms(self):
        """Let administrators of the practice change the SMS of appointments, as Odoo's own apps do with theirs."""
        group, model = self.env.ref("practice_billing.group_manager"), self.env["ir.model"]._get("sms.template")
        # sudo: given once, with the templates
        rights_sudo, rules_sudo = self.env["ir.model.access"].sudo(), self.env["ir.rule"].sudo()
        rights_sudo._load_records(
            [
                {
                    "xml_id": "practice_billing.access_sms_template_manager",
                    "noupdate": True,
                    "values": {
                        "name": "sms.template administrator of the practice",
                        "model_id": model.id,
                        "group_id": group.id,
                        "perm_read": True,
                        "perm_write": True,
                    },
                }
            ]
        )
        rules_sudo._load_records(
            [
                {
                    "xml_id": "practice_billing.sms_template_rule_manager",
                    "noupdate": True,
                    "values": {
                        "name": "SMS of appointments: administrators of the practice change them",
                        "model_id": model.id,
                        "groups": [Command.link(group.id)],
                        "domain_force": f"[('model', '=', '{self._name}')]",
                        "perm_read": False,
                    },
                }
            ]
        )

    @api.model
    def _get_sms_names(self):
        """Return what the templates are called, in the language of the user."""
        return {
            "confirmation": self.env._("Practice: appointment confirmed"),
            "moved": self.env._("Practice: appointment moved"),
            "cancelled": self.env._("Practice: appointment cancelled"),
            "reminder": self.env._("Practice: appointment reminder"),
        }

    @api.model
    def _get_sms_bodies(self):
        """Return what the SMS say before a practice changes them, in the language of the user."""
        values = {
            name: f"{{{{ object._get_sms_values()['{name}'] }}}}"
            for name in ("practice", "practitioner", "when", "was", "details")
        }
        return {
            "confirmation": self.env._(
                "%(practice)s: your appointment with %(practitioner)s is planned: %(when)s. %(details)s", **values
            ),
            "moved": self.env._(
                "%(practice)s: your appointment with %(practitioner)s is moved from %(was)s to %(when)s. %(details)s",
                **values,
            ),
            "cancelled": self.env._(
                "%(practice)s: your appointment with %(practitioner)s is cancelled: %(when)s. %(details)s", **values
            ),
            "reminder": self.env._(
                "%(practice)s: we expect you for your appointment with %(practitioner)s: %(when)s. %(details)s",
                **values,
            ),
        }
