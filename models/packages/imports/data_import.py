from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

#: What the person says; another choice makes what was checked moot.
INPUT_FIELDS = {"kind", "file", "filename", "company_id", "booking", "counterpart_account_id", "date"}

#: States in which the run works on a file.
RUNNING = ("checking", "importing")

#: Days after which a file that nobody works on any more is emptied.
KEPT_DAYS = 30


class PracticeDataImport(models.Model):
    """A file of another system: patients, open credits or appointments to come; checked first, then imported.

    Rows that the run has done are counted (``rows_done``) in the transaction that imports them, so a run that is killed
    goes on where it was. What a row became is kept as ``practice.import.key``; the file itself is kept for some days.
    """

    _name = "practice.data.import"
    _description = "Import from Another System"
    _inherit = ["mail.thread", "practice.kept.mixin", "practice.retry.mixin"]
    _order = "id desc"
    _rec_name = "filename"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    kind = fields.Selection(
        [("patient", "Patients"), ("credit", "Open Credits"), ("appointment", "Future Appointments")],
        string="What Is Imported",
        required=True,
        default="patient",
    )
    file = fields.Binary(attachment=True, copy=False, help="CSV or XLSX, with titles in its first row.")
    filename = fields.Char(copy=False)
    booking = fields.Selection(
        lambda self: self.env["practice.credit.import"]._fields["booking"]._description_selection(self.env),
        string="Books",
        required=True,
        default="none",
        help="For all credits of the file.\n"
        "No entry: the credits have no value in the books; the rate counts in production reports only.\n"
        "Make the entry: debit the chosen account, credit the balance post.\n"
        "Already in the opening balance: the balance post holds the value, no entry is made.",
    )
    counterpart_account_id = fields.Many2one(
        "account.account",
        domain="[('company_ids', 'parent_of', company_id), ('account_type', '!=', 'off_balance')]",
        ondelete="restrict",
        check_company=True,
        help="The account that is debited when the entry is made.",
    )
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._practice_day(),
        help="Day from which the books know credits whose row has no date: the day on which you change systems.",
    )
    state = fields.Selection(
        [
            ("draft", "File"),
            ("checking", "Checking"),
            ("checked", "Checked"),
            ("importing", "Importing"),
            ("done", "Imported"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Imported By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="With whose rights the rows are checked and imported, and who is told when it is done.",
    )
    rows_total = fields.Integer(string="Rows", readonly=True, copy=False)
    rows_done = fields.Integer(readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress")
    created_count = fields.Integer(string="New", readonly=True, copy=False)
    unchanged_count = fields.Integer(string="Already There", readonly=True, copy=False)
    refused_count = fields.Integer(string="With Problems", readonly=True, copy=False)
    ignored_columns = fields.Char(
        string="Columns That Are Not Imported", readonly=True, copy=False, help="Their titles are not known."
    )
    problem_ids = fields.One2many("practice.data.import.problem", "import_id", string="Problems", readonly=True)
    warning_count = fields.Integer(string="Warnings", compute="_compute_warning_count")
    done_date = fields.Datetime(string="Imported On", readonly=True, copy=False)
    error = fields.Char(readonly=True, copy=False, help="Why the file could not be worked on.")
    retry_date = fields.Date(readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends("rows_total", "rows_done")
    def _compute_progress(self):
        for it in self:
            it.progress = 100 * it.rows_done / it.rows_total if it.rows_total else 0.0

    @api.depends("problem_ids.level")
    def _compute_warning_count(self):
        counts = self.env["practice.data.import.problem"]._read_group(
            [("import_id", "in", self.ids), ("level", "=", "warning")], ["import_id"], ["number:count_distinct"]
        )
        counts = {data_import.id: count for data_import, count in counts}
        for it in self:
            it.warning_count = counts.get(it.id, 0)

    @api.depends("kind", "filename")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for it in self:
            kind = labels.get(it.kind, "")
            it.display_name = f"{kind}: {it.filename}" if it.filename else kind

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        # What the run writes is written by the run, not by whoever calls.
        kept = {name for name, field in self._fields.items() if field.readonly}
        return super().create([{name: vals[name] for name in vals.keys() - kept} for vals in vals_list])

    def write(self, vals):
        """Another file, or another choice, has to be checked anew; what is being imported, or was, stays.

        :raises UserError: when the run works on the file, or it was imported
        """
        changed = INPUT_FIELDS & vals.keys()
        if not changed or self.env.su:
            return super().write(vals)
        if fixed := self.filtered(lambda it: it.state in (*RUNNING, "done")):
            raise UserError(
                self.env._(
                    "%s is being worked on, or was imported: make a new import for another file.",
                    fixed[0].display_name,
                )
            )
        result = super().write(vals)
        self.filtered(lambda it: it.state == "checked" or it.error)._start_over()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_running(self):
        if running := self.filtered(lambda it: it.state in RUNNING):
            raise UserError(self.env._("%s is being worked on: wait until it is done.", running[0].display_name))

    # === ACTIONS === #

    def action_check(self):
        """Have the file checked: every row is imported, and all of it undone."""
        self._begin("checking", ("draft", "checked"))

    def action_import(self):
        """Import a file of which all rows are good.

        :raises UserError: when some have problems
        """
        for it in self.filtered("refused_count"):
            raise UserError(
                self.env._(
                    "%(count)s of the %(total)s rows have problems, so nothing is imported. Mend the file and upload "
                    "it again, or import the rows without problems.",
                    count=it.refused_count,
                    total=it.rows_total,
                )
            )
        self._begin("importing", ("checked",))

    def action_import_good(self):
        """Import the rows without problems; the others are left out."""
        self._begin("importing", ("checked",))

    def action_start_over(self):
        """Back to the choice of the file, as long as nothing is imported."""
        self.check_access("write")
        self.filtered(lambda it: it.state in ("checking", "checked"))._start_over()

    def action_try_again(self):
        """Let the run look at once again at a file that it could not work on."""
        self.check_access("write")
        failed = self.filtered("error")
        failed.sudo().write({"error": False, "retry_date": False})  # sudo: the module writes what people do not
        if failed:
            self._trigger_run()

    def action_download_template(self):
        """Download a workbook with the columns of this kind of file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/practice_billing/imports/{self.kind}.xlsx",
            "target": "download",
        }

    def action_open_problems(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("practice_billing.practice_data_import_problem_action")
        return {**action, "domain": [("import_id", "in", self.ids)], "context": {}}

    def action_open_created(self):
        """Open what this import made."""
        self.ensure_one()
        field, model = self._get_made()
        made = self.env["practice.import.key"].search([("import_id", "=", self.id), ("is_new", "=", True)])[field]
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": [("id", "in", made.ids)],
        }

    # === BUSINESS METHODS === #

    def _get_made(self):
        """Return the field of a key that holds what a row became, and its model."""
        return {
            "patient": ("partner_id", "res.partner"),
            "credit": ("credit_import_id", "practice.credit.import"),
            "appointment": ("event_id", "calendar.event"),
        }[self.kind]

    def _begin(self, state, after):
        """Have the run work on these files, with the rights of the user.

        :param tuple after: states in which that can begin; others are left alone, as after a second click
        """
        self.check_access("write")
        for it in self.filtered(lambda it: it.state in after):
            it._check_complete()
            rows_total = it.rows_total
            it._forget_results()
            # sudo: the module writes what people do not
            it.sudo().write(
                {
                    "state": state,
                    "user_id": self.env.uid,
                    "rows_total": rows_total,
                    "error": False,
                    "retry_date": False,
                }
            )
        self._trigger_run()

    def _check_complete(self):
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        if self.kind == "credit" and self.booking == "entry" and not self.counterpart_account_id:
            raise UserError(self.env._("Choose the account that is debited when the entry is made."))

    def _forget_results(self):
        """Forget what the last run over these files found."""
        # sudo: the module writes what people do not
        self_sudo = self.sudo()
        self_sudo.problem_ids.unlink()
        counts = ("rows_total", "rows_done", "created_count", "unchanged_count", "refused_count")
        self_sudo.write({**dict.fromkeys(counts, 0), "ignored_columns": False})

    def _start_over(self):
        self._forget_results()
        self.sudo().write({"state": "draft", "error": False, "retry_date": False})  # sudo: as above

    @api.model
    def _trigger_run(self):
        self.env.ref("practice_billing.ir_cron_import").sudo()._trigger()  # sudo: belongs to the system

    # === WHAT IS KEPT === #

    @api.autovacuum
    def _gc_files(self):
        """Empty files that were imported, or left, more than some days ago, and what problems repeat of them."""
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        # sudo: of all companies
        old_sudo = self.sudo().search(
            [("state", "not in", RUNNING), ("write_date", "<", before), "|", *self._get_holding_domain()]
        )
        old_sudo._empty()

    @api.model
    def _get_holding_domain(self):
        return [("problem_ids", "!=", False), ("file", "!=", False)]

    def _empty(self):
        """Remove the files, and what is repeated of them; the numbers of what was imported stay."""
        self.problem_ids.unlink()
        self.write({"file": False})
        self.filtered(lambda it: it.state == "checked")._start_over()
