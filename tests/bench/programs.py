"""The same servers declared in every way that is compared."""

from __future__ import annotations

LOOP = """
import signal
import os

from providers.linode import Instance, InstanceArgs

signal.signal(signal.SIGINT, lambda *_: os._exit(1))
for n in range({count}):
    Instance(
        f"web-{{n:04}}",
        InstanceArgs(
            type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7",
            label=f"web-{{n:04}}", tags=["all", f"member-{{n}}"],
        ),
    )
"""

FLEET = """
from providers.linode import Fleet, FleetArgs, InstanceArgs

instance = InstanceArgs(
    type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7", tags=["all"]
)
Fleet("web", FleetArgs(count={count}, instance=instance, label="web-{{n:04}}", tags=["member-{{n}}"]))
"""

SDK_ALONE = """
import pickle

from pulumi.dynamic import CreateResult, Resource, ResourceProvider

set_items = pickle._Pickler._batch_setitems


class Nothing(ResourceProvider):
    def create(self, props):
        return CreateResult(props["label"], props)


class Server(Resource):
    def __init__(self, label):
        super().__init__(Nothing(), label, dict(label=label, type="g6-nanode-1", tags=["all"], status=None))


for n in range({count}):
    pickle._Pickler._batch_setitems = set_items
    Server(f"web-{{n:04}}")
"""
"""What the engine and the SDK cost by themselves: a provider that does nothing. The SDK patches pickle for each
resource and never takes the patch off, so that a program with more than 300 providers of its own dies of recursion.
"""

PROGRAMS = {"SDK alone": SDK_ALONE, "Fleet": FLEET, "plain loop": LOOP}

TERRAFORM = """
terraform {{
  required_providers {{
    linode = {{ source = "linode/linode" }}
  }}
}}
provider "linode" {{
  url   = "{url}"
  token = "{token}"
}}
resource "linode_instance" "web" {{
  count     = {count}
  label     = "web-${{count.index}}"
  type      = "g6-nanode-1"
  region    = "de-fra-2"
  image     = "linode/debian13"
  root_pass = "Planted-Passw0rd-7"
  tags      = ["all", "member-${{count.index}}"]
}}
"""
