from . import portal
from . import statement
from . import shop
from . import booking
from . import invitation
from . import absence
from . import move
from . import waiting
