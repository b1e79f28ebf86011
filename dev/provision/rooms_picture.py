"""The picture of the rooms, drawn from the plan that lint holds the code to."""

from html import escape

from .rooms import PLAN

PICTURE = "docs/rooms.svg"
WIDTH, ROW, GAP = 760, 34, 6
#: Rooms by their first folders, with the colour of their halves.
COLOURS = {"models/packages": "#d7ecd9", "models/subscriptions": "#d9e4f5", "controllers": "#f6e7cf"}
OTHERS = "#ececec"


def draw():
    """Return the picture as SVG: who stands higher calls who stands lower."""
    height = len(PLAN) * (ROW + GAP) + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        '     font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{WIDTH / 2:g}" y="18" text-anchor="middle">A room calls only rooms that stand lower.</text>',
    ]
    for number, row in enumerate(reversed(PLAN)):
        width = (WIDTH - GAP) / len(row) - GAP
        for place, (room, meaning) in enumerate(row.items()):
            lines += _room(room, meaning, GAP + place * (width + GAP), 30 + number * (ROW + GAP), width)
    return "\n".join([*lines, "</svg>", ""])


def _room(room, meaning, x, y, width):
    colour = next((colour for folder, colour in COLOURS.items() if room.startswith(folder)), OTHERS)
    return [
        f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{ROW}" rx="5" fill="{colour}" stroke="#888"/>',
        f'<text x="{x + 10:g}" y="{y + 14}" font-weight="bold">{escape(room)}</text>',
        f'<text x="{x + 10:g}" y="{y + 28}" font-size="12" fill="#333">{escape(meaning)}</text>',
    ]


def check_picture(checkout):
    """Return 1, and say what to do, when the picture is not that of the plan."""
    picture = checkout / PICTURE
    if picture.is_file() and picture.read_text(encoding="utf-8") == draw():
        return 0
    print(f"{PICTURE} is not the picture of the plan: run dev/odoo rooms")
    return 1
