from . import deferral_mixin
from . import revenue_release
from . import account_move
