from . import portal
from . import shop
from . import vouchers
from . import booking
from . import invitation
from . import absence
from . import move
from . import waiting
