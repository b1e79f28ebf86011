"""Nobody outside the practice can tell whether an appointment exists, over whatever leads to it.

What an outsider can read and find is noted, an appointment is planned with all that Odoo can hang on one, and what they
can read and find has to be the same as before. Models, fields and paths come from the registry: what another version or
add-on lets lead to an event is looked at as well.
"""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

from ..common.practice import dose
from ..common.roles import RolesMixin, StrangerMixin

TITLE = "Zwijgplicht 7731"
SECRETS = ("Zwijgplicht", "Fobie voor liften", "Kamer achter de tuin")

#: What says nothing about appointments: when something changed, and whole files.
IGNORED = {"write_date", "write_uid", "create_date", "__last_update"}


class Outsider:
    """What one login can read and find of what leads to calendar events."""

    def __init__(self, env, user, depth):
        # As a page would: without the rights, the context and the cache of the tests.
        self.env = env(user=user, context={"active_test": False}, su=False)
        self.depth = depth

    def note(self, event_ids, patient):
        """Return ``{what was asked: the answer}``."""
        self.env.flush_all()
        self.env.invalidate_all()
        links = self.get_links()
        notes = {}
        for model in {"calendar.event", *(model for model, _path in links if path_length(_path) == 1)}:
            notes |= self.read_all(model)
        for model in self.get_referring():
            notes |= self.read_all(model)
        for model, path in links:
            notes |= self.probe(model, path, event_ids, patient)
        return notes

    def get_links(self):
        """Return ``[(model, path)]`` of all fields that lead to an event, over at most ``depth`` relations."""
        links, ends = [], {"calendar.event": [""]}
        for _step in range(self.depth):
            found = {}
            for name in self.env.registry:
                model = self.env[name]
                if model._abstract or model._transient or not model.has_access("read"):
                    continue
                for field in model._fields.values():
                    if field.relational and field.comodel_name in ends and self.is_searched(model, field):
                        found.setdefault(name, []).extend(
                            f"{field.name}.{path}" if path else field.name for path in ends[field.comodel_name]
                        )
            links += [(model, path) for model, paths in found.items() for path in paths]
            ends = found
        return links + [(model, "") for model in self.get_referring()]

    def is_searched(self, model, field):
        return field.name not in IGNORED and field._description_searchable and model._has_field_access(field, "read")

    def get_referring(self):
        """Return the models that name a record of any model by its id."""
        return [
            name
            for name in self.env.registry
            if not self.env[name]._abstract
            and not self.env[name]._transient
            and any(it.type == "many2one_reference" and it.store for it in self.env[name]._fields.values())
            and self.env[name].has_access("read")
        ]

    def read_all(self, name):
        """Return what can be read of the newest records of a model; of each field what it says by itself."""
        model = self.env[name]
        records = model.search([], order="id desc", limit=100)
        fields = [
            it.name
            for it in model._fields.values()
            if it.name not in IGNORED and it.type not in ("binary",) and model._has_field_access(it, "read")
        ]
        self.env.invalidate_all()
        rows = {record.id: {} for record in records}
        for field in fields:
            try:
                for row in records.read([field]):
                    rows[row["id"]][field] = row[field]
            except AccessError:  # of a field of Odoo that leads to what only others see
                continue
        return {("read", name, record_id): row for record_id, row in rows.items()}

    def probe(self, name, path, event_ids, patient):
        """Return what searches along a path find, and which groups there are."""
        domains = self.get_domains(name, path, event_ids, patient)
        notes = {("search", name, str(domain)): self.try_search(name, domain) for domain in domains}
        if path and "." not in path:
            notes["groups", name, path] = self.try_group(name, path)
        return notes

    def get_domains(self, name, path, event_ids, patient):
        if not path:
            model = self.env[name]
            [field] = [it for it in model._fields.values() if it.type == "many2one_reference"][:1]
            return [[(field.model_field, "=", "calendar.event"), (field.name, "in", event_ids)]]
        return [
            [(path, "in", event_ids)],
            [(path, "!=", False)],
            [(f"{path}.name", "=", TITLE)],
            [(f"{path}.description", "ilike", "liften")],
            [(f"{path}.partner_ids", "in", patient.ids)],
            [(f"{path}.attendee_ids", "any", [("partner_id", "=", patient.id)])],
            [(path, "ilike", "zwijg")],
        ]

    def try_search(self, name, domain):
        try:
            return self.env[name].search(domain).ids
        except (AccessError, UserError, ValueError, NotImplementedError) as error:
            return type(error).__name__

    def try_group(self, name, path):
        try:
            return self.env[name].formatted_read_group([], [path], ["__count"])
        except (AccessError, UserError, ValueError, NotImplementedError) as error:
            return type(error).__name__


def path_length(path):
    return path.count(".") + bool(path)


@tagged("post_install", "-at_install")
class TestPaths(StrangerMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_desk = new_test_user(
            cls.env,
            "pb_other_desk",
            "practice_billing.group_user",
            company_id=cls.other.id,
            company_ids=[Command.set(cls.other.ids)],
        )
        cls.gerda = cls.make_patient("Geheime Gerda")

    def setUp(self):
        super().setUp()
        self.give(self.gerda, credits=20)
        self.env["calendar.event"].create({"name": "Lunch", "start": self.at(), "stop": self.at(hours=1)})

    def plan_everything(self):
        """Plan a single appointment and a series, with all that hangs on one; return their ids."""
        vals = {
            "patient": self.gerda,
            "name": TITLE,
            "description": "<p>Fobie voor liften</p>",
            "location": "Kamer achter de tuin",
            "user_id": self.manager.id,
            "alarm_ids": self.env["calendar.alarm"].search([], limit=1).ids,
        }
        # As pages do it: followed, noted, tracked.
        self.env = self.env(context={"no_mail_to_attendees": False})
        event = self.plan(**vals, start=self.at(days=2))
        series = self.plan_series(count=3, **vals)
        event.message_subscribe(self.gerda.ids)
        message = event.message_post(  # pylint: disable=translation-required
            body="Fobie voor liften",
            subject=TITLE,
            partner_ids=self.gerda.ids,
            attachments=[("Zwijgplicht.txt", b"Fobie voor liften")],
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.assertTrue(message.attachment_ids)
        event._create_videocall_channel()
        return (event | series).ids

    def assertNothingShows(self, role, depth=None):
        user = getattr(self, role)
        outsider = Outsider(self.env, user, depth or dose(2, 3))
        last = self.env["calendar.event"].search([], order="id desc", limit=1).id
        ids = list(range(last + 1, last + 50))
        before = outsider.note(ids, self.gerda)
        planned = self.plan_everything()
        self.assertLessEqual(set(planned), set(ids))
        after = outsider.note(ids, self.gerda)
        wrong = [
            f"{what}: {self.get_difference(before.get(what), answer)}".replace(str(ids), "NEW")
            for what, answer in after.items()
            if before.get(what) != answer
        ]
        if role == "accountant":
            # Accountants see credits, which appointments take.
            wrong = [it for it in wrong if "practice.credit." not in it and "practice_credits_available" not in it]
        self.assertFalse(wrong, f"of {len(after)} questions: " + "\n".join(wrong))
        self.assertFalse([what for what, answer in after.items() if any(it in str(answer) for it in SECRETS)])

    def get_difference(self, before, after):
        """Return what is new, short enough to be read."""
        if isinstance(after, dict) and isinstance(before, dict):
            after = {name: value for name, value in after.items() if before.get(name) != value}
        return str(after)[:400]

    def test_an_employee_without_role(self):
        self.assertNothingShows("employee")

    def test_an_accountant(self):
        self.assertNothingShows("accountant")

    def test_another_companys_front_desk(self):
        self.assertNothingShows("other_desk")

    def test_another_companys_administrator(self):
        self.assertNothingShows("stranger", depth=1)

    def test_somebody_on_the_portal(self):
        self.assertNothingShows("portal")


@tagged("post_install", "-at_install")
class TestSeen(RolesMixin, TransactionCase):
    """What outsiders do with series, messages and names, and that ordinary meetings stay open."""

    def setUp(self):
        super().setUp()
        self.series = self.plan_series(count=3, user_id=self.manager.id)
        weekly = {"recurrency": True, "rrule_type": "weekly", "end_type": "count", "count": 3, "thu": True}
        start = self.at(days=1)
        self.meeting = self.env["calendar.event"].create(
            {
                "name": "Staff lunch",
                "start": start,
                "stop": start,
                "user_id": self.manager.id,
                "partner_ids": self.manager.partner_id.ids,
                **weekly,
            }
        )

    def test_outsiders_cannot_change_or_delete_a_series(self):
        for role in ("employee", "accountant"):
            series = self.series.recurrence_id.with_user(getattr(self, role))
            for change in (series.unlink, lambda it=series: it.write({"base_event_id": False})):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    change()

    def test_a_cancelled_series_is_as_private(self):
        self.series[0].action_mass_archive("all_events")
        recurrences = self.env["calendar.recurrence"].with_user(self.employee)
        self.assertNotIn(self.series.recurrence_id, recurrences.search([]))

    def test_staff_and_participants_see_a_series(self):
        self.series[0].partner_ids += self.employee.partner_id
        for role in ("front_desk", "employee"):
            with self.subTest(role=role):
                recurrence = self.series.recurrence_id.with_user(getattr(self, role))
                self.assertTrue(recurrence.read(["rrule_type"]))

    def test_plain_meetings_are_as_open_as_ever(self):
        self.meeting.message_subscribe(self.manager.partner_id.ids)
        env = self.env(user=self.employee)
        self.assertEqual(self.meeting.recurrence_id.with_env(env).base_event_id.display_name, "Staff lunch")
        for domain in ([("meeting_ids", "in", self.meeting.ids)], [("meeting_ids", "!=", False)]):
            with self.subTest(domain=domain):
                self.assertIn(self.manager.partner_id, env["res.partner"].search(domain))
        without = env["res.partner"].search([("meeting_ids", "=", False)])
        self.assertNotIn(self.manager.partner_id, without)
        self.assertIn(self.patient, without)
        either = env["res.partner"].search([("meeting_ids", "in", [*self.meeting.ids, False])])
        self.assertLessEqual(self.manager.partner_id | self.patient, either)
        followers = [("res_model", "=", "calendar.event"), ("res_id", "=", self.meeting.id)]
        self.assertTrue(env["mail.followers"].search(followers))
        series = self.meeting.recurrence_id.with_env(env)
        series.write({"interval": 2})
        series.unlink()

    def test_an_employee_searches_messages_as_in_odoo(self):
        self.event.message_post(body="Health matters", subject="Zwijgplicht")  # pylint: disable=translation-required
        lunch = self.meeting.message_post(body="Bring cake")  # pylint: disable=translation-required
        messages = self.env["mail.message"].with_user(self.employee)
        found = messages.search([("model", "=", "calendar.event"), ("res_id", "in", (self.event | self.meeting).ids)])
        self.assertIn(lunch, found)
        self.assertNotIn("Zwijgplicht", found.mapped("subject"))

    def test_an_activity_does_not_name_the_appointment_that_it_led_to(self):
        activity = self.patient.activity_schedule("mail.mail_activity_data_meeting", user_id=self.employee.id)
        activity.calendar_event_id = self.event
        self.env.invalidate_all()
        [row] = activity.with_user(self.employee).read(["calendar_event_id"])
        self.assertEqual(row["calendar_event_id"][1], "Busy")
        [row] = activity.with_user(self.front_desk).read(["calendar_event_id"])
        self.assertIn("Secret session", row["calendar_event_id"][1])

    def test_patients_and_those_who_act_for_them_know_its_name(self):
        self.event.partner_ids += self.portal.partner_id
        self.assertEqual(self.event.with_user(self.portal).sudo().display_name, "Secret session")
        self.patient.practice_representative_ids = self.portal.partner_id
        self.event.partner_ids -= self.portal.partner_id
        self.env.invalidate_all()
        self.assertEqual(self.event.with_user(self.portal).sudo().display_name, "Secret session")
        self.patient.practice_representative_ids = False
        self.env.invalidate_all()
        self.assertEqual(self.event.with_user(self.portal).sudo().display_name, "Busy")

    def test_outsiders_still_read_what_they_were_told(self):
        self.event.partner_ids += self.employee.partner_id
        message = self.event.message_post(  # pylint: disable=translation-required
            body="Come in", partner_ids=(self.employee.partner_id | self.patient).ids
        )
        self.event.partner_ids -= self.employee.partner_id
        notifications = self.env["mail.notification"].with_user(self.employee)
        found = notifications.search([("mail_message_id", "=", message.id)])
        self.assertEqual(found.res_partner_id, self.employee.partner_id)
