# Every folder names its test modules, which Odoo looks for here.
from . import common
from .unit import *
from .packages import *
from .subscriptions import *
from .portal import *
from .together import *
