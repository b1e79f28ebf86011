from . import res_partner
from . import res_partner_forget
from . import payer_arrangement
from . import payer_arrangement_making
from . import care_statement
from . import care_statement_line
from . import care_statement_making
from . import base_partner_merge_automatic_wizard
