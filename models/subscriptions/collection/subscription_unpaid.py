#: An invoice that counts as not paid.
UNPAID = ("not_paid", "partial")

#: Automatic payments that have come to an end without money: somebody has to do something.
BROKEN = ("failed", "refused", "returned")
