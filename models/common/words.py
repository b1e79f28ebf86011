"""What several rooms say in the same words, in the language of an environment: numbers of things, unreadable files."""


def count_credits(env, number):
    """Return ``number`` credits in words: *1 credit*, *3 credits*."""
    return env._("1 credit") if number == 1 else env._("%s credits", number)


def count_months(env, number):
    """Return ``number`` months in words: *1 month*, *3 months*."""
    return env._("1 month") if number == 1 else env._("%s months", number)


def count_visits(env, number):
    """Return ``number`` visits in words: *1 visit*, *3 visits*."""
    return env._("1 visit") if number == 1 else env._("%s visits", number)


def count_days(env, number):
    """Return ``number`` days in words: *1 day*, *3 days*."""
    return env._("1 day") if number == 1 else env._("%s days", number)


def count_appointments(env, number):
    """Return ``number`` appointments in words: *1 appointment*, *3 appointments*."""
    return env._("1 appointment") if number == 1 else env._("%s appointments", number)


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
