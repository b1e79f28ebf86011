"""What the files of another system have: which columns, under which names, and what a cell means.

Nothing is guessed that could mean two things: what is not clear is a problem of that row, and people write it clearly.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import NamedTuple

#: Texts that a cell may have; longer ones are no names or addresses.
MOST_TEXT = 500


class CellError(ValueError):
    """A cell says nothing that is understood; ``code`` says what was expected."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Column(NamedTuple):
    """A column of a file.

    :param str name: of what it holds
    :param bool required: whether a row needs it
    :param tuple english: names under which it is recognised; the first is that of the template. So are the others
    :param str example: what the template shows
    """

    name: str
    required: bool
    english: tuple
    dutch: tuple
    french: tuple
    example: object = ""

    def label(self, lang):
        """Return what people read above it, in the language whose code begins with ``nl`` or ``fr``; else English."""
        return {"nl": self.dutch, "fr": self.french}.get((lang or "")[:2], self.english)[0]

    def names(self):
        return (self.name, *self.english, *self.dutch, *self.french)


REFERENCE = (
    ("Reference", "Number", "ID", "Ref", "External ID"),
    ("Referentie", "Nummer", "Klantnummer", "Patiëntnummer", "Dossiernummer"),
    ("Référence", "Numéro", "Numéro de client", "Numéro de patient", "Numéro de dossier"),
)
PATIENT = Column(
    "patient",
    True,
    ("Patient", "Client", "Customer", "Patient Number", "Patient Reference"),
    ("Patiënt", "Cliënt", "Klant", "Patient", "Referentie patiënt"),
    ("Patient", "Client", "Référence du patient"),
    "P-0001",
)
NOTE = Column(
    "note",
    False,
    ("Note", "Remark", "Comment"),
    ("Notitie", "Opmerking", "Nota"),
    ("Note", "Remarque", "Commentaire"),
    "First visit of the year",
)

#: The columns of each kind of file, in the order of its template.
COLUMNS = {
    "patient": (
        Column("reference", False, *REFERENCE, "P-0001"),
        Column("name", True, ("Name", "Full Name"), ("Naam", "Volledige naam"), ("Nom", "Nom complet"), "Anna Example"),
        Column(
            "email",
            False,
            ("E-Mail", "Email", "Mail", "E-Mail Address"),
            ("E-mail", "E-mailadres", "Mailadres"),
            ("E-mail", "Courriel", "Adresse e-mail", "Adresse mail"),
            "anna@example.com",
        ),
        Column(
            "phone",
            False,
            ("Phone", "Telephone", "Mobile", "Phone Number", "Mobile Phone"),
            ("Telefoon", "Telefoonnummer", "Gsm", "Mobiel", "Gsm-nummer"),
            ("Téléphone", "Mobile", "Portable", "Numéro de téléphone", "Gsm"),
            "+32 470 12 34 56",
        ),
        Column(
            "street",
            False,
            ("Street", "Address", "Street and Number"),
            ("Straat", "Adres", "Straat en nummer"),
            ("Rue", "Adresse", "Rue et numéro"),
            "Kerkstraat 1",
        ),
        Column(
            "zip",
            False,
            ("Zip", "Postal Code", "Postcode", "Zip Code"),
            ("Postcode", "Postnummer"),
            ("Code postal", "CP"),
            "9000",
        ),
        Column(
            "city",
            False,
            ("City", "Town"),
            ("Plaats", "Gemeente", "Stad", "Woonplaats"),
            ("Ville", "Commune", "Localité"),
            "Gent",
        ),
        Column("country", False, ("Country", "Country Code"), ("Land", "Landcode"), ("Pays", "Code pays"), "BE"),
        Column("language", False, ("Language", "Lang"), ("Taal", "Taalcode"), ("Langue",), "nl"),
    ),
    "credit": (
        Column("reference", True, *REFERENCE, "C-0001"),
        PATIENT,
        Column(
            "package",
            True,
            ("Package", "Product", "Card"),
            ("Pakket", "Product", "Kaart", "Beurtenkaart"),
            ("Forfait", "Produit", "Carte"),
            "Ten sessions",
        ),
        Column(
            "credits",
            True,
            ("Credits", "Balance", "Open Credits", "Sessions Left"),
            ("Credits", "Saldo", "Resterend", "Openstaand", "Resterende beurten", "Beurten"),
            ("Crédits", "Solde", "Restant", "Séances restantes"),
            4,
        ),
        Column(
            "rate",
            False,
            ("Rate per Credit", "Rate", "Price per Credit", "Price"),
            ("Tarief per credit", "Tarief", "Prijs per credit", "Prijs"),
            ("Tarif par crédit", "Tarif", "Prix par crédit", "Prix"),
            "45,00",
        ),
        Column(
            "expiry",
            False,
            ("Expiry Date", "Expiry", "Valid Until", "Expires On"),
            ("Vervaldatum", "Geldig tot", "Vervalt op", "Einddatum"),
            ("Date d'expiration", "Expiration", "Valable jusqu'au", "Échéance"),
            "31/12/2099",
        ),
        Column(
            "date",
            False,
            ("Date", "Purchase Date", "Date of Purchase"),
            ("Datum", "Aankoopdatum", "Datum van aankoop"),
            ("Date", "Date d'achat"),
            "",
        ),
    ),
    "appointment": (
        Column("reference", True, *REFERENCE, "A-0001"),
        PATIENT,
        Column(
            "type",
            True,
            ("Appointment Type", "Type", "Service"),
            ("Afspraaktype", "Type", "Soort afspraak", "Behandeling"),
            ("Type de rendez-vous", "Type", "Prestation"),
            "Session",
        ),
        Column(
            "practitioner",
            False,
            ("Practitioner", "Therapist", "With"),
            ("Hulpverlener", "Therapeut", "Behandelaar"),
            ("Praticien", "Thérapeute", "Prestataire"),
            "therapist@example.com",
        ),
        Column(
            "start",
            True,
            ("Start", "Date", "Start Date", "Date and Time", "Begins At"),
            ("Begin", "Datum", "Start", "Datum en uur", "Datum en tijd", "Startdatum"),
            ("Début", "Date", "Date et heure", "Date de début"),
            "31/12/2099 14:30",
        ),
        Column(
            "time",
            False,
            ("Time", "Start Time", "Hour"),
            ("Uur", "Tijd", "Beginuur", "Tijdstip"),
            ("Heure", "Heure de début"),
            "",
        ),
        Column(
            "duration",
            False,
            ("Duration (Minutes)", "Duration", "Minutes"),
            ("Duur (minuten)", "Duur", "Minuten"),
            ("Durée (minutes)", "Durée", "Minutes"),
            45,
        ),
        NOTE,
    ),
}

KINDS = tuple(COLUMNS)


@dataclass
class Row:
    """A row of a file: its number there, and its cells by the name of their column."""

    number: int
    cells: dict

    def text(self, name):
        """Return a cell as people read it; empty when the file does not have it."""
        return show(self.cells.get(name, ""))


@dataclass(frozen=True)
class Header:
    """What the first row of a file says.

    :param dict places: ``{name of a column: index of its cell}``
    :param dict labels: ``{name of a column: what the file calls it}``
    :param tuple unknown: titles of columns that are not imported
    :param tuple missing: :class:`Column`\\ s that the file needs and does not have
    :param tuple double: titles of columns that mean what another one before them means
    """

    places: dict = field(default_factory=dict)
    labels: dict = field(default_factory=dict)
    unknown: tuple = ()
    missing: tuple = ()
    double: tuple = ()

    def row(self, number, cells):
        """Return a row of the file as a :class:`Row`."""
        values = {name: cells[place] for name, place in self.places.items() if place < len(cells)}
        return Row(number, {name: value for name, value in values.items() if value != ""})


def fold(text):
    """Return a text as it is compared: without accents, case, punctuation and spaces around it."""
    plain = unicodedata.normalize("NFKD", show(text)).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w@.+]+|_", " ", plain).split())


def read_header(kind, cells):
    """Return the :class:`Header` of a file of a ``kind`` of :data:`COLUMNS`, whose first row has ``cells``.

    Each title is looked for among the names of the columns in all languages. A name that two columns have goes to the
    one that calls itself so first.
    """
    known = {}
    for column in COLUMNS[kind]:
        for name in column.names():
            known.setdefault(fold(name), column.name)
    for column in COLUMNS[kind]:
        for lang in ("en", "nl", "fr"):
            known[fold(column.label(lang))] = column.name
    places, labels, unknown, double = {}, {}, [], []
    for place, cell in enumerate(cells):
        title = show(cell)
        name = known.get(fold(title))
        if not title:
            continue
        if not name:
            unknown.append(title)
        elif name in places:
            double.append(title)
        else:
            places[name], labels[name] = place, title
    missing = tuple(column for column in COLUMNS[kind] if column.required and column.name not in places)
    return Header(places, labels, tuple(unknown), missing, tuple(double))


# === WHAT A CELL MEANS === #


def show(cell):
    """Return a cell as people read it."""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    return str(cell)


def parse_number(cell):
    """Return a number: ``1234.5``, ``1.234,50``, ``1,234.50``, ``1 234,50``, ``€ 12``; digits only, or a native number.

    :raises CellError: ``number``; ``ambiguous`` for one separator before three digits (1.234), which is a thousand in
        one country and a fraction in another
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if abs(cell) > 1e12 or cell != cell:
            raise CellError("number")
        return float(cell)
    if not isinstance(cell, str):
        raise CellError("number")
    text = re.sub(r"[\s'’]|€|EUR", "", cell)
    if not re.fullmatch(r"[+-]?[0-9]{1,15}([.,][0-9]{1,15})*", text):
        raise CellError("number")
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-")
    separators = re.findall(r"[.,]", text)
    if not separators:
        return sign * float(text)
    last = separators[-1]
    whole, fraction = text.rsplit(last, 1)
    if len(set(separators)) == 1:
        if len(separators) > 1:  # 1.234.567
            whole, fraction, last = text, "", {".": ",", ",": "."}[last]
        elif len(fraction) == 3 and 1 <= len(whole) <= 3 and whole.lstrip("0"):
            raise CellError("ambiguous")
    groups = re.split(r"[.,]", whole)
    if last in whole or (len(groups) > 1 and (len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:]))):
        raise CellError("number")
    return sign * float(f"{''.join(groups)}.{fraction or 0}")


def parse_whole(cell):
    """Return a whole number.

    :raises CellError: ``whole``; or what :func:`parse_number` raises
    """
    number = parse_number(cell)
    if not number.is_integer() or abs(number) > 2**31 - 1:
        raise CellError("whole")
    return int(number)


def parse_day(cell):
    """Return a day: ``31/12/2026``, ``31-12-2026``, ``31.12.2026`` (the day first), ``2026-12-31``, or a native day.

    :raises CellError: ``day``
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = show(cell)
    if found := re.fullmatch(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", text):
        year, month, day = found.groups()
    elif found := re.fullmatch(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})", text):
        day, month, year = found.groups()
    else:
        raise CellError("day")
    try:
        result = date(int(year), int(month), int(day))
    except ValueError as error:
        raise CellError("day") from error
    if not 1900 <= result.year <= 2200:
        raise CellError("day")
    return result


def parse_time(cell):
    """Return a time of the day: ``14:30``, ``14:30:00``, ``14h30``, ``14.30``, ``2:30 pm``, or a native one.

    :raises CellError: ``time``
    """
    if isinstance(cell, datetime):
        return cell.time().replace(second=0, microsecond=0)
    if isinstance(cell, time):
        return cell.replace(second=0, microsecond=0)
    found = re.fullmatch(
        r"([0-9]{1,2})(?:[:.hHuU]([0-9]{2})?(?::[0-9]{2}(?:\.[0-9]+)?)?)?\s*(am|pm|AM|PM)?", show(cell)
    )
    if not found or not (found[2] or found[3] or re.search("[hHuU]", show(cell))):
        raise CellError("time")
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise CellError("time")
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        raise CellError("time")
    return time(hour, minute)


def parse_moment(cell, clock=""):
    """Return when something begins, by the clock of the practice: a day and a time, in one cell or in two.

    :param clock: the cell with the time; empty when the first one has it
    :raises CellError: ``day`` or ``time``
    """
    if clock != "":
        return datetime.combine(_day_of(cell), parse_time(clock))
    if isinstance(cell, datetime):
        return cell.replace(second=0, microsecond=0)
    if isinstance(cell, date):
        raise CellError("time")
    day, _space, clock = show(cell).replace("T", " ").partition(" ")
    return datetime.combine(parse_day(day), parse_time(clock.strip()))


def _day_of(cell):
    """Return the day of a cell whose time, if any, stands in another cell."""
    text = show(cell)
    return parse_day(cell if isinstance(cell, date) else text.replace("T", " ").partition(" ")[0])


def parse_minutes(cell):
    """Return a length in minutes: ``45`` or ``0:45``, at most a day.

    :raises CellError: ``minutes``
    """
    if isinstance(cell, time):
        cell = f"{cell:%H:%M}"
    if found := re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::00)?", show(cell)):
        minutes = int(found[1]) * 60 + int(found[2])
    else:
        try:
            minutes = parse_whole(cell)
        except CellError as error:
            raise CellError("minutes") from error
    if not 1 <= minutes <= 24 * 60:
        raise CellError("minutes")
    return minutes
