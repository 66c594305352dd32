"""A Pulumi program of the toy cloud, run by the genuine engine: the stack's values are in ``wanted.json`` beside it."""

import json
from pathlib import Path

import pulumi

from components import CLOUDS, create_cluster
from crosscloud import config
from crosscloud.config import stacks
from crosscloud.errors import CrosscloudError
from tests.components.toy.config import ToyStack
from tests.components.toy.double import RELEASE

CLOUDS["toy"] = "tests.components.toy.component:ToyCluster"
stacks.STACKS["toy"] = ToyStack
wanted = {"cloud": "toy", "apiAccessCidrs": ["203.0.113.0/24"], **json.loads(Path("wanted.json").read_text())}
try:
    create_cluster(config.load(wanted, stack="demo", files=False), RELEASE)
except CrosscloudError as error:
    raise pulumi.RunError(str(error)) from None
