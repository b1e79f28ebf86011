from . import catalog
from . import agreement
from . import billing
from . import collection
from . import lifecycle
from . import checkout
from . import portal
from . import software
