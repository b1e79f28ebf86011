"""What can happen to a practice: sales in all their shapes, appointments, time, and changes of master data."""

from datetime import timedelta

from odoo.fields import Command

from .lives import Dice, Life

QUANTITIES = (0.1, 0.2, 0.3, 0.5, 1.0)
PRICES = (1200.0, 99.99, 100.0, 0.0, 33.34)
ATTENDANCES = ("planned", "attended", "no_show", "late_cancelled", "cancelled")

#: What can happen, as often as it stands here.
STEPS = (
    *("sell", "sell", "sell", "draft", "draft", "post_draft", "post_draft", "edit_draft", "cancel_draft", "reset"),
    *("pay", "pay", "unpay", "write_off", "credit", "credit", "credit_amount", "redraft", "withdraw", "swap"),
    *("grant", "undo_grant", "transfer", "transfer", "transfer", "refund", "refund", "give_away", "upgrade", "upgrade"),
    *("sell_gift", "sell_gift", "redeem", "redeem", "redeem"),
    *("sell_parts", "sell_parts", "pay_part", "pay_part", "bounce", "take_back"),
    *("collect", "collect", "stop_collecting"),
    *("book", "book", "book", "series", "series_shift", "move", "cancel", "delete", "restore", "decline", "waive"),
    *("group", "group", "join", "join", "leave", "change_group", "pay_for", "places"),
    *(
        "mark",
        "mark",
        "mark",
        "no_show",
        "retype",
        "hand_over",
        "share",
        "get_parent",
        "pass_time",
        "pass_time",
        "close",
    ),
    *(
        "expire",
        "extend",
        "recognise",
        "invoice_visits",
        "invoice_visits",
        "post",
        "post",
        "change",
        "change",
        "change",
        "change",
        "change",
        "change",
        "change",
    ),
)

#: Steps that only call off what is planned; nothing that was planned may keep anybody from it.
CANCELLING = ("cancel", "delete", "decline", "leave")


class PackageLife(Life):
    """A practice to which things happen."""

    def __init__(self, case):
        super().__init__(case)
        self.ledger = case.ledger.branch()
        #: What happened and may never happen, in words.
        self.wrong = []

    def step(self, name, number):
        planned = self.events(("attendance", "=", "planned"), ("active", "=", True))
        held = {event: self.lots_held(event) for event in planned} if name in CANCELLING else {}
        last = self.last_move()
        error = super().step(name, number)
        if error and name in CANCELLING and self.chosen in planned:
            self.wrong.append(f"{name} was refused: {error}")
        self.check_cancelled(name, held, last)
        return error

    def lots_held(self, event):
        """Return the lots that hold credits of an appointment, from the ledger."""
        sums = {}
        for move in event.credit_move_ids.filtered(lambda move: move.kind in ("reserve", "unreserve")):
            sums[move.lot_id] = sums.get(move.lot_id, 0) + move.credits * (1 if move.kind == "reserve" else -1)
        return {lot for lot, number in sums.items() if number}

    def last_move(self):
        return self.env["practice.credit.move"].search([], order="id desc", limit=1).id

    def check_cancelled(self, name, held, last):
        """Note when calling something off touched credits that the appointment did not hold."""
        for event, lots in held.items():
            if event.exists() and event.attendance in ("cancelled", "late_cancelled"):
                touched = set(event.credit_move_ids.filtered(lambda move: move.id > last).lot_id)
                if touched - lots:
                    self.wrong.append(f"{name} touched {touched - lots}, which {event} did not hold")

    # === CHOOSING === #

    def patient(self, number):
        return self.one(self.case.patients, number)

    def lots(self):
        return self.env["practice.credit.lot"].search([("package_id", "in", self.case.packages.ids)], order="id")

    def events(self, *domain):
        events = self.env["calendar.event"].with_context(active_test=False)
        types = ("practice_appointment_type_id", "in", self.case.types.ids)
        return events.search([types, *domain], order="id").with_context(active_test=True)

    def documents(self, *types):
        return self.env["account.move"].search(
            [("move_type", "in", types), ("state", "=", "posted"), ("journal_id", "=", self.case.sales.id)], order="id"
        )

    def invoices(self, *domain):
        return self.documents("out_invoice").filtered_domain(list(domain))

    # === INVOICES === #

    def post_move(self, move):
        """Post a document, with what it sells written down before."""
        before = self.ledger.note(move)
        try:
            move.action_post()
            self.env.flush_all()
        except Exception:
            self.ledger.forget(before)
            raise
        return move

    def draft_of(self, dice, patient):
        """Make a draft that sells a package or two, in one of the shapes that sales have."""
        case = self.case
        lines = [self.line_of(dice, dice.one(case.products)) for _number in range(1 + dice.chance(4))]
        if dice.chance(5):
            lines.append({"name": "Mat", "price_unit": 50.0})
        if dice.chance(4):
            lines.append({"name": "Discount", "price_unit": -0.1 * sum(it["price_unit"] for it in lines)})
        for line in lines:
            taxes = dice.one((case.tax.browse(), case.tax))
            product = self.env["product.product"].browse(line.get("product_id"))
            if product.package_id.vat_moment != "use" or dice.chance(5):
                line.setdefault("tax_ids", [Command.set(taxes.ids)])
        vals = {"currency_id": case.dollar.id} if dice.chance(5) else {}
        if dice.chance(3):
            vals["fiscal_position_id"] = case.position.id
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "journal_id": case.sales.id,
                "partner_id": patient.id,
                "invoice_date": case.today() + timedelta(days=dice.one((0, 0, 0, -40, 25))),
                "invoice_line_ids": [Command.create(line) for line in lines],
                **vals,
            }
        )
        sold = ", ".join(
            f"{it.quantity:g} x {it.product_id.name or it.name} {it.price_subtotal}" for it in move.invoice_line_ids
        )
        self.say(f"{move.partner_id.name}, {sold}, {move.currency_id.name}, {move.fiscal_position_id.name}")
        return move

    def line_of(self, dice, product):
        quantity = 1.0 if product.package_credits == 3 else dice.one(QUANTITIES)
        line = {"product_id": product.id, "quantity": quantity, "price_unit": dice.one(PRICES)}
        if dice.chance(5):
            line["practice_patient_id"] = dice.one(self.case.patients).id
        return line

    def drafts(self):
        journal = ("journal_id", "=", self.case.sales.id)
        return self.env["account.move"].search([("state", "in", ("draft", "cancel")), journal], order="id")

    def draft(self, number):
        self.draft_of(Dice(number), self.patient(number))

    def sell(self, number):
        dice = Dice(number)
        invoice = self.post_move(self.draft_of(dice, self.patient(number)))
        if invoice.amount_residual and not dice.chance(4):
            self.case.pay(invoice)

    def sell_parts(self, number):
        """Sell with payment terms in two or three parts, and have some of them paid."""
        dice = Dice(number)
        draft = self.draft_of(dice, self.patient(number))
        draft.invoice_payment_term_id = dice.one(self.case.terms)
        invoice = self.post_move(draft)
        for _part in range(dice.one((0, 1, 1, 2))):
            self.pay_next(invoice)

    def pay_part(self, number):
        """Pay the next part, or another amount, of an invoice in parts; else any that is open."""
        unpaid = self.invoices(("payment_state", "in", ("not_paid", "partial")))
        in_parts = unpaid.filtered(lambda it: len(it._practice_get_parts()) > 1)
        if invoice := self.one(in_parts or unpaid, number):
            self.pay_next(invoice, number)

    def pay_next(self, invoice, number=0):
        if invoice.amount_residual:
            self.case.pay(invoice, amount=invoice.amount_residual / 3 if number % 3 == 2 else None)

    def bounce(self, number):
        """Undo one payment of those that were made."""
        payments = self.env["account.payment"].search([("invoice_ids", "in", self.invoices().ids)], order="id")
        if payment := self.one(payments.filtered(lambda it: it.state in ("in_process", "paid")), number):
            payment.action_draft()
            payment.action_cancel()

    def collect(self, number):
        """Let a payer agree, if not done yet, and charge what is due then, as the run does; some cards are refused."""
        dice = Dice(number)
        unpaid = self.invoices(("payment_state", "in", ("not_paid", "partial")))
        unpaid.filtered_domain(unpaid._practice_get_agreement_domain())._practice_refresh_agreements()
        invoice = self.one(unpaid.filtered(lambda it: it._practice_can_be_agreed()), number)
        if not invoice or invoice.partner_id not in self.case.payers:
            return
        if not invoice.practice_parts_token_id:
            token = self.case.make_token(invoice.partner_id, dice.one(("done", "done", "error")))
            plan = invoice._practice_describe_plan(invoice._practice_get_open_parts())
            invoice._practice_agree_as_shown(self.case.payers[invoice.partner_id], token, plan)
        owed, due = invoice.amount_residual, invoice._practice_get_amount_to_collect()
        if attempt := invoice._practice_make_attempt():
            attempt._practice_ask_provider()
            attempt._post_process()
            charged = attempt.amount if attempt.state == "done" else 0.0
            self.say(f"{invoice.name}: {due} due, {charged} charged")
            self.case.assertEqual(attempt.amount, due)
            self.case.assertAlmostEqual(owed - invoice.amount_residual, charged)

    def stop_collecting(self, number):
        running = self.invoices(("practice_parts_token_id", "!=", False))
        if invoice := self.one(running, number):
            invoice.action_practice_stop_collecting()

    def take_back(self, number):
        """Take back what nobody pays."""
        unpaid = self.lots().filtered(lambda it: it.credits_unpaid and it.credits_available and it.invoice_line_id)
        if lot := self.one(unpaid, number):
            self.say(lot.display_name)
            wizards = self.env["practice.credit.take.back"].with_context(default_lot_ids=lot.ids)
            wizards.create({}).action_take_back()

    def post_draft(self, number):
        if move := self.one(self.drafts(), number):
            if move.state == "cancel":
                move.button_draft()
            self.post_move(move)

    def edit_draft(self, number):
        """Change something on a draft by hand."""
        dice, case = Dice(number), self.case
        move = self.one(self.drafts().filtered(lambda it: it.state == "draft"), number)
        line = move.invoice_line_ids[:1]
        if not line:
            return
        what = dice.one(("product", "price", "quantity", "date", "customer", "position", "update", "account"))
        self.say(what)
        if what == "product":
            line.product_id = dice.one(case.products)
        elif what == "price":
            line.price_unit = dice.one(PRICES)
        elif what == "quantity":
            line.quantity = dice.one(QUANTITIES)
        elif what == "date":
            move.invoice_date = case.today() + timedelta(days=dice.one((-40, -1, 0, 1, 25)))
        elif what == "customer":
            move.partner_id = dice.one(case.patients)
        elif what == "position":
            move.fiscal_position_id = dice.one((case.position, case.position.browse()))
        elif what == "update":
            move.action_update_fpos_values()
        else:
            line.account_id = dice.one(case.accounts)

    def cancel_draft(self, number):
        if move := self.one(self.drafts().filtered(lambda it: it.state == "draft"), number):
            move.button_cancel()

    def reset(self, number):
        """Reset an invoice or credit note to draft, and leave it there."""
        if move := self.one(self.documents("out_invoice", "out_refund"), number):
            move.button_draft()

    def pay(self, number):
        if invoice := self.one(self.invoices(("payment_state", "in", ("not_paid", "partial"))), number):
            self.case.pay(invoice, amount=invoice.amount_residual / (1 + number % 2))

    def write_off(self, number):
        """Pay a cent, and write the rest off in the window of the payment."""
        if invoice := self.one(self.invoices(("payment_state", "in", ("not_paid", "partial"))), number):
            loss = {"payment_difference_handling": "reconcile", "writeoff_account_id": self.case.loss.id}
            self.case.pay(invoice, amount=min(0.01 + number % 3 * 60, invoice.amount_residual), **loss)

    def unpay(self, number):
        if invoice := self.one(self.invoices(("payment_state", "in", ("paid", "in_payment"))), number):
            self.case.unpay(invoice)

    def credit(self, number):
        if invoice := self.one(self.invoices(), number):
            sold = invoice.invoice_line_ids[:1].quantity
            quantity = sold if number % 2 else sold * (1 + number // 2 % 4) / 5
            refund = self.case.credit_note(invoice, quantity=quantity, post=False)
            if number % 5 == 0:
                refund.invoice_line_ids[0].price_unit += 11.11 - number % 3 * 20
            if number % 11 == 0:
                refund.invoice_line_ids[1:].unlink()
            self.post_move(refund)
            if number % 7 == 0:
                refund.button_draft()

    def credit_amount(self, number):
        """Lower the price afterwards: a credit note that takes back no credits, or another number than its amount."""
        if invoice := self.one(self.invoices(), number):
            note = self.case.credit_note(invoice, post=False)
            note.invoice_line_ids[1:].unlink()
            line = note.invoice_line_ids
            line.price_unit *= number % 10 / 10
            line.practice_credits = (0, 0, 1, 5)[number % 4]
            self.say(f"{line.practice_credits} credits, {note.amount_untaxed}")
            self.post_move(note)

    def swap(self, number):
        """Credit a pack that is paid, and let its credit pay another one."""
        if invoice := self.one(self.invoices(("payment_state", "in", ("paid", "in_payment"))), number):
            note = self.post_move(self.case.credit_note(invoice, post=False))
            new = self.post_move(self.draft_of(Dice(number), invoice.partner_id))
            receivable = (note + new).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            receivable.filtered(lambda line: not line.reconciled).reconcile()

    def redraft(self, number):
        if invoice := self.one(self.invoices(), number):
            invoice.button_draft()
            if number % 2:
                invoice.invoice_line_ids[0].price_unit = PRICES[number % len(PRICES)]
            self.post_move(invoice)

    def withdraw(self, number):
        if invoice := self.one(self.invoices(), number):
            invoice.button_draft()
            invoice.button_cancel()

    def grant(self, number):
        """Import credits, with an entry on the balance post or without."""
        case, dice = self.case, Dice(number)
        row = self.env["practice.credit.import"].create(
            {
                "partner_id": dice.one(case.patients).id,
                "package_id": dice.one(case.packages).id,
                "credits": 1 + dice.one(range(5)),
                "internal_rate": 15.0,
                "booking": dice.one(("none", "entry")),
                "counterpart_account_id": case.outstanding.id,
                "date": case.today() + timedelta(days=dice.one((0, -35, 20))),
            }
        )
        row.action_confirm()
        self.say(row.lot_id.display_name)

    def undo_grant(self, number):
        rows = self.env["practice.credit.import"].search([("lot_id", "!=", False)], order="id")
        if row := self.one(rows, number):
            row.action_undo()

    # === APPOINTMENTS === #

    def book(self, number):
        start = self.case.at(days=number % 12 - 2, hours=number % 5)
        appointment_type = self.one(self.case.types, number // 2)
        if appointment_type.places == 1:
            self.case.plan(self.patient(number), start, appointment_type)
        else:
            self.plan_group(self.patient(number), start, appointment_type)

    def series(self, number):
        self.case.plan_series(2 + number % 3, self.patient(number), self.case.at(days=number % 5 - 1))

    # === GROUPS === #

    def plan_group(self, patients, start, appointment_type, **vals):
        return self.env["calendar.event"].create(
            {
                "practice_appointment_type_id": appointment_type.id,
                "start": start,
                "practice_patient_ids": [Command.set(patients.ids)],
                **vals,
            }
        )

    def groups(self):
        return self.events(("practice_places", ">", 0), ("attendance", "=", "planned"))

    def visits(self, *domain):
        return self.events(("practice_group_id", "!=", False), *domain)

    def group(self, number):
        """Plan a class, a couple, or two lessons of a series."""
        dice = Dice(number)
        start = self.case.at(days=dice.one(range(-2, 9)))
        weekly = {"recurrency": True, "rrule_type": "weekly", "interval": 1, f"{start:%a}".lower(): True}
        vals = {**weekly, "end_type": "count", "count": 2} if dice.chance(3) else {}
        patients = self.case.patients[: dice.one((0, 1, 2, 2, 3))]
        self.plan_group(patients, start, dice.one(self.case.group_types), **vals)

    def join(self, number):
        if group := self.one(self.groups(), number):
            group._practice_join(self.patient(number // 2))

    def leave(self, number):
        if visit := self.one(self.visits(("active", "=", True)), number):
            visit.active = False

    def change_group(self, number):
        if visit := self.one(self.visits(), number):
            visit.practice_group_id = self.one(self.groups(), number // 2)

    def pay_for(self, number):
        """Let another patient pay, or the patient again."""
        if event := self.one(self.events(("patient_id", "!=", False)), number):
            event.practice_payer_id = self.patient(number // 2) if number % 3 else False

    def places(self, number):
        if group := self.one(self.groups(), number):
            group.practice_places = 1 + number // 2 % 4

    # === APPOINTMENTS, AGAIN === #

    def series_shift(self, number):
        if event := self.one(self.events(("recurrence_id", "!=", False), ("active", "=", True)), number):
            shift = timedelta(hours=1 + number % 30)
            scope = ("all_events", "future_events")[number % 2]
            event.write({"start": event.start + shift, "stop": event.stop + shift, "recurrence_update": scope})

    def move(self, number):
        if event := self.one(self.events(("active", "=", True)), number):
            start = self.case.at(days=number % 20 - 3)
            event.write({"start": start, "stop": start + timedelta(hours=1)})

    def cancel(self, number):
        if event := self.one(self.events(("active", "=", True)), number):
            event.active = False

    def restore(self, number):
        if event := self.one(self.events(("active", "=", False)), number):
            event.active = True

    def delete(self, number):
        if event := self.one(self.events(), number):
            event.unlink()

    def decline(self, number):
        coming = self.events(("active", "=", True), ("start", ">", self.case.at()))
        if event := self.one(coming, number):
            attendee = event.attendee_ids.filtered(lambda attendee: attendee.partner_id == event.patient_id)
            if number % 3:
                attendee.do_decline()
            else:
                attendee.do_accept()

    def waive(self, number):
        if event := self.one(self.events(), number):
            event.with_context(practice_reason="test").credit_waived = True

    def mark(self, number):
        if event := self.one(self.events(), number):
            event.attendance = ATTENDANCES[number // 3 % len(ATTENDANCES)]

    def no_show(self, number):
        if event := self.one(self.events(("attendance", "=", "planned")), number):
            event.attendance = "no_show"

    def retype(self, number):
        if event := self.one(self.events(), number):
            event.practice_appointment_type_id = self.one(self.case.types, number // 2)

    def hand_over(self, number):
        if event := self.one(self.events(), number):
            event.patient_id = self.patient(number // 2)

    def transfer(self, number):
        """Transfer some of the credits to another patient, or to one who had them before."""
        lots = self.lots()
        active = lots.filtered(lambda it: it.credits_available and it.state == "active")
        if number % 3 == 0:
            active = active.filtered("source_lot_id") or active
        if lot := self.one(active or lots, number // 3):
            dice = Dice(number)
            receiver = lot.source_lot_id.partner_id if dice.chance(2) else self.env["res.partner"]
            receiver = receiver or dice.one(self.case.patients - lot.partner_id)
            vals = {"credits": dice.one((1, 2, lot.credits_available)), "owner": dice.one(("giver", "receiver"))}
            vals["date"] = self.case.today() - timedelta(days=dice.one((0, 0, 0, 0, 1, 30)))
            self.say(f"{lot.display_name} of {lot.partner_id.name} to {receiver.name}, {vals}")
            wizards = self.env["practice.credit.transfer"]
            wizard = wizards.create({"lot_id": lot.id, "receiver_id": receiver.id, "reason": "test", **vals})
            wizard.action_transfer()

    def refund(self, number):
        """Refund some of the credits by the dialog, with and without a fee."""
        if lot := self.one(self.lots().filtered("invoice_line_id"), number):
            dice = Dice(number)
            credits = dice.one((1, 2, lot.credits_available))
            method = dice.one(("open", "payment"))
            wizard = self.env["practice.credit.refund"].create({"lot_id": lot.id, "credits": credits, "method": method})
            wizard.fee = dice.one((0.0, 0.0, 5.0, wizard.amount_paid / 2))
            self.say(f"{credits} of {lot.display_name}, {method}, fee {wizard.fee}")
            wizard.action_refund()

    def upgrade(self, number):
        """Make a larger purchase of one, by the dialog."""
        sold = self.lots().filtered("invoice_line_id")
        if lot := self.one(sold.filtered("credits_spendable") or sold, number):
            dice = Dice(number)
            product = dice.one(self.case.products)
            self.say(f"{lot.display_name} to {product.name}")
            wizard = self.env["practice.credit.upgrade"].create({"lot_id": lot.id, "product_id": product.id})
            if dice.chance(2):
                wizard.payment_journal_id = self.case.bank
            wizard.action_upgrade()

    def sell_gift(self, number):
        """Sell a package for somebody else, or draft it; most are paid."""
        dice = Dice(number)
        move = self.draft_of(dice, self.patient(number))
        line = move.invoice_line_ids[:1]
        self.env["practice.gift.voucher"].create({"invoice_line_id": line.id, "receiver_name": "Somebody"})
        if dice.chance(6):
            return
        self.post_move(move)
        if move.amount_residual and not dice.chance(4):
            self.case.pay(move)

    def redeem(self, number):
        """Redeem a voucher: an open one, one that is redeemed already or cannot be, or a code that is wrong."""
        vouchers = self.env["practice.gift.voucher"].search([("code", "!=", False)], order="id")
        opened = vouchers.filtered(lambda it: it.state == "open")
        if voucher := self.one((number % 4 and opened) or vouchers, number // 4):
            was = voucher.state
            code = voucher.name if number % 7 else voucher.name[::-1]
            wizard = self.env["practice.gift.redeem"].create({"code": code, "partner_id": self.patient(number).id})
            self.say(f"{voucher.display_name}, {was}, for {wizard.partner_id.name}")
            wizard.action_redeem()
            if was != "open" or wizard.voucher_id != voucher:
                self.wrong.append(f"a voucher that was {was} was redeemed")

    def give_away(self, number):
        """Give credits without money, or take such a gift back."""
        gifts = self.lots().filtered(lambda lot: lot.origin == "gift")
        if number % 3 == 0 and (lot := self.one(gifts, number // 3)):
            lot.action_take_gift_back()
            return
        vals = {"partner_id": self.patient(number // 2).id, "package_id": self.case.package.id, "reason": "test"}
        self.env["practice.credit.gift"].create({**vals, "credits": 1 + number % 2}).action_give()

    def share(self, number):
        if lot := self.one(self.lots(), number):
            patient = self.patient(number // 2)
            command = Command.unlink if patient in lot.beneficiary_ids else Command.link
            lot.beneficiary_ids = [command(patient.id)]

    # === MASTER DATA === #

    def change(self, number):
        """Change any field of what is sold today: it is for what is sold from now on."""
        master_data = self.case.master_data
        record, name, value = master_data.choose(Dice(number))
        self.say(master_data.describe(record, name, value))
        master_data.change(record, name, value)

    def get_parent(self, number):
        """Make a patient a contact of the firm, or of nobody."""
        patient = self.patient(number)
        patient.parent_id = False if patient.parent_id else self.case.firm

    # === TIME AND BOOKS === #

    def pass_time(self, number):
        self.case.travel(days=1 + number % 6)

    def close(self, _number):
        self.events(
            ("attendance", "=", "planned"), ("stop", "<", self.case.at()), ("active", "=", True)
        )._practice_close()

    def recognise(self, number):
        """Let the books expect that some of a package is never used, another part than before or nothing."""
        package = self.one(self.case.packages, number)
        package.write({"recognises_breakage": number % 5 > 0, "breakage_percent": number // 5 % 60})
        lots = self.env["practice.credit.lot"]
        lots.search(lots._get_breakage_domain(self.case.company))._recognise_breakage()

    def expire(self, _number):
        lots = self.env["practice.credit.lot"]
        lots.search(lots._get_expired_domain(self.case.company))._expire()

    def extend(self, number):
        if lot := self.one(self.lots(), number):
            lot._extend(self.case.today() + timedelta(days=number % 9), "test")

    def post(self, _number):
        self.case.release()

    def invoice_visits(self, number):
        """Release, and invoice the visits with VAT of the months that are over, or until today."""
        self.case.release()
        today = self.case.today()
        documents = self.env["practice.vat.document"]
        documents = documents._invoice_until(self.case.company, today if number % 2 else today.replace(day=1))
        self.say(f"{len(documents)} documents, failed: {documents.mapped('error')}")
