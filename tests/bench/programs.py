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
from tests.bench.nothing import Server

for n in range({count}):
    Server(f"web-{{n:04}}", n)
"""

SETTINGS = """
from stacks.program import run

run()
"""
SETTINGS_FILE = """
config:
  fleet:servers:
    web:
      count: {count}
      region: {{prefer: [de-fra-2], site_type: core}}
      type: {{max_monthly_usd: 5, class: nanode}}
      image: {{vendor: Debian}}
      tags: [all]
"""
"""The same servers as one group, which is picked and pinned."""

PROGRAMS = {"SDK alone": SDK_ALONE, "Fleet": FLEET, "plain loop": LOOP, "settings": SETTINGS}

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
