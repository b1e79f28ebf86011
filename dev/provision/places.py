"""The maps for developers: files that they speak of are there, and no file of a large model is left out. And the links
and pictures of all documentation lead somewhere."""

import re

#: Files and folders between backticks; what has a capital letter in it stands for many.
PLACE = re.compile(r"`((?:[a-z0-9_.-]+/)*[a-z0-9_.-]+(?:\.(?:py|xml|csv|po|svg)|/))`")
PAGES = ("README.md", "CONTRIBUTING.md", "dev/README.md", "docs/extending.md")
#: Where links lead within the repository: a file or folder, and the heading after #.
LINK = re.compile(r"\]\(((?!https?:)[^)#\s]*)(?:#([^)\s]+))?\)")
#: Models whose files the map lists one by one.
LARGE = ("calendar.event", "practice.credit.lot", "practice.subscription")


def check_places(checkout):
    """Print what is wrong in the maps; return 1 when there is something."""
    named = {page: PLACE.findall((checkout / page).read_text(encoding="utf-8")) for page in PAGES}
    wrong = [
        f"{page}: there is no {place}"
        for page, places in named.items()
        for place in places
        if not any(checkout.glob(f"**/{place.rstrip('/')}"))
    ]
    for path in sorted((checkout / "models").rglob("*.py")):
        extends = re.findall(
            r"^    _(?:name|inherit) = \[?\"([a-z.]+)\"", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        place = "/".join(path.parts[-2:])
        if set(extends) & set(LARGE) and place not in named["dev/README.md"]:
            wrong.append(f"dev/README.md: does not say that {place} extends {extends[0]}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


def check_links(checkout):
    """Print the links and pictures of the documentation that lead nowhere, and pictures that no page shows; return 1
    when there are some."""
    wrong, shown = [], set()
    for page in sorted(checkout.rglob("*.md")):
        for place, heading in LINK.findall(page.read_text(encoding="utf-8")):
            target = page.parent / place if place else page
            shown.add(target.resolve())
            if not target.exists():
                wrong.append(f"{page.relative_to(checkout)}: there is no {place}")
            elif heading and heading not in _get_anchors(target):
                wrong.append(f"{page.relative_to(checkout)}: {place} has no heading {heading}")
    pictures = set((checkout / "docs").rglob("*.png"))
    wrong += [f"{it.relative_to(checkout)}: no page shows it" for it in sorted(pictures) if it.resolve() not in shown]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


def _get_anchors(page):
    """Return the names by which the headings of a page are linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
