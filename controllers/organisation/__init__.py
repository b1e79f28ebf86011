from . import account
from . import portal
from . import practitioners
from . import plan
from . import checkout
from . import open_invoices
