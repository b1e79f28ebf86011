"""The one exception that is meant for the person at the terminal."""


class DevError(Exception):
    """Something that person can fix: one line that says what is wrong and what to do."""
