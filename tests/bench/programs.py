"""The same servers declared in every way that is compared."""

from __future__ import annotations

LOOP = """
from providers.linode import Instance, InstanceArgs

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

AROUND = """
import pulumi

from providers.linode import Domain, DomainRecord, Firewall, Instance, NodeBalancer, ReverseDNS, Volume

RULE = {{"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": {{"ipv4": ["0.0.0.0/0"]}}}}
zone = Domain("zone", domain="example.org", type="master", soa_email="ada@example.org")
wall = Firewall("wall", inbound=[RULE], inbound_policy="DROP", outbound_policy="ACCEPT")
nodes = []
for n in range({count}):
    name = f"web-{{n:04}}"
    server = Instance(
        name, type="g6-nanode-1", region="de-fra-2", image="linode/debian13", root_pass="Planted-Passw0rd-7",
        private_ip=True, firewall_id=wall.id,
    )
    Volume(f"{{name}}-data", region="de-fra-2", size=20, linode_id=server.id)
    a = DomainRecord(f"{{name}}-a", domain_id=zone.id, type="A", name=name, target=server.public_ipv4)
    address = server.ipv6.apply(lambda network: network.partition("/")[0])
    DomainRecord(f"{{name}}-aaaa", domain_id=zone.id, type="AAAA", name=name, target=address)
    opts = pulumi.ResourceOptions(depends_on=[a])
    ReverseDNS(name, address=server.public_ipv4, rdns=f"{{name}}.example.org", opts=opts)
    nodes.append({{"address": pulumi.Output.concat(server.private_ipv4, ":80")}})
NodeBalancer("entry", region="de-fra-2", configs=[{{"port": 80, "nodes": nodes}}])
"""
"""Servers, each with a volume, two records and a reverse name, behind one firewall and one NodeBalancer."""

BARE = "bare"
"""Ends the name of a program whose engine is not told how many steps to make at once."""

PROGRAMS = {
    "SDK alone": SDK_ALONE,
    "Fleet": FLEET,
    "plain loop": LOOP,
    "plain loop, bare": LOOP,
    "settings": SETTINGS,
    "around": AROUND,
}

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
