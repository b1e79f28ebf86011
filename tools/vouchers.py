"""Codes of gift vouchers: drawn at random, read from paper, typed by people."""

import secrets

from reportlab.graphics.barcode import createBarcodeDrawing

#: Without what looks alike on paper: 0 and O, 1, I and L.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

#: Characters of a code, and of each group in which it is printed: 31^12 codes, which nobody guesses.
LENGTH, GROUP = 12, 4


def draw_code():
    """Return a new code, as it is kept: twelve characters without dashes."""
    return "".join(secrets.choice(ALPHABET) for _number in range(LENGTH))


def clean_code(text):
    """Return what was typed as codes are kept: capital letters and digits, without dashes, spaces and the like."""
    return "".join(filter(str.isalnum, text or "")).upper()


def show_code(code):
    """Return a code as it is printed: ``ABCD-EFGH-JKMN``."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def draw_qr(text, size):
    """Return a QR code of ``text`` as an SVG document of ``size`` by ``size`` points.

    Odoo's own barcodes are bitmaps, for which reportlab needs a library that not every server has.
    """
    return createBarcodeDrawing("QR", value=text, width=size, height=size, barBorder=0).asString("svg")
