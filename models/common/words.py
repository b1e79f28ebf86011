"""What several rooms say in the same words, in the language of an environment: numbers of things, unreadable files.

Nothing is said on its own, as one is: French has the singular for it.
"""


def count_credits(env, number):
    """Return ``number`` credits in words: *1 credit*, *3 credits*."""
    said = {0: env._("0 credits"), 1: env._("1 credit")}
    return said.get(number) or env._("%s credits", number)


def count_months(env, number):
    """Return ``number`` months in words: *1 month*, *3 months*."""
    said = {0: env._("0 months"), 1: env._("1 month")}
    return said.get(number) or env._("%s months", number)


def count_visits(env, number):
    """Return ``number`` visits in words: *1 visit*, *3 visits*."""
    said = {0: env._("0 visits"), 1: env._("1 visit")}
    return said.get(number) or env._("%s visits", number)


def count_days(env, number):
    """Return ``number`` days in words: *1 day*, *3 days*."""
    said = {0: env._("0 days"), 1: env._("1 day")}
    return said.get(number) or env._("%s days", number)


def count_appointments(env, number):
    """Return ``number`` appointments in words: *1 appointment*, *3 appointments*."""
    said = {0: env._("0 appointments"), 1: env._("1 appointment")}
    return said.get(number) or env._("%s appointments", number)


def describe_unreadable(env):
    """Return in words what the codes of a :class:`~..tools.tables.TableError` say of a file, whatever is in it.

    What the codes ``empty`` and ``long`` say depends on what the rows are of.
    """
    return {
        "large": env._("The file is too large: at most 10 MB. Split it."),
        "old": env._("The file is of Excel before 2007. Save it as XLSX or CSV."),
        "broken": env._("The file looks like a workbook and cannot be read. Save it again as XLSX or CSV."),
        "text": env._("The file is no text. Save it as CSV (UTF-8) or XLSX."),
    }
