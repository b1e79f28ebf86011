"""Numbers of things in words, in the singular and the plural, in the language of an environment."""


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
