from . import package
from . import plan
from . import price_mixin
from . import plan_price
from . import usage_kind
from . import plan_usage_price
from . import discount_code
