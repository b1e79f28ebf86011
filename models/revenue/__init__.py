from . import balance_post
from . import deferral_mixin
from . import revenue_release
from . import revenue_release_entry
from . import revenue_release_copy
from . import account_move
from . import account_move_line
from . import res_partner
