"""What several rooms say in the same words, in the language of an environment: numbers of things, unreadable files.

Nothing is said on its own, as one is: French has the singular for it.
"""


def say_number(number, none, one, many):
    """Return what is said of ``number`` things: nothing and one have words of their own."""
    return {0: none, 1: one}.get(number, many)


def count_credits(env, number):
    """Return ``number`` credits in words: *1 credit*, *3 credits*."""
    return say_number(number, env._("0 credits"), env._("1 credit"), env._("%s credits", number))


def count_months(env, number):
    """Return ``number`` months in words: *1 month*, *3 months*."""
    return say_number(number, env._("0 months"), env._("1 month"), env._("%s months", number))


def count_visits(env, number):
    """Return ``number`` visits in words: *1 visit*, *3 visits*."""
    return say_number(number, env._("0 visits"), env._("1 visit"), env._("%s visits", number))


def count_days(env, number):
    """Return ``number`` days in words: *1 day*, *3 days*."""
    return say_number(number, env._("0 days"), env._("1 day"), env._("%s days", number))


def count_appointments(env, number):
    """Return ``number`` appointments in words: *1 appointment*, *3 appointments*."""
    return say_number(number, env._("0 appointments"), env._("1 appointment"), env._("%s appointments", number))


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
