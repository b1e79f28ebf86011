"""Fill a database for a load of usage: subscriptions, and the keys of programs that record what these use."""

from datetime import datetime, timedelta

from load import sizes
from measuring import analyze
from subscribers import Subscribers

SUBSCRIPTIONS = 100

size = sizes.read("size")
env = env(user=env.ref("base.user_admin"))
subscriptions = Subscribers(env).subscribe(SUBSCRIPTIONS)
# sudo: keys are made for somebody, by nobody else
keys = env["res.users.apikeys"].with_user(env.ref("base.user_admin")).sudo()
key = keys._generate("rpc", "load", datetime.now() + timedelta(hours=2))
analyze(env)
sizes.keep("facts", {"key": key, "subscriptions": subscriptions.mapped("name")})
