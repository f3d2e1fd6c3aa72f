"""One stack's values as a frozen, typed record, and what is wrong with them: everything at once, each at its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails

from providers.linode.catalogs.criteria import (
    ImageCriteria,
    KernelCriteria,
    RegionCriteria,
    TypeCriteria,
    in_words,
)
from providers.linode.catalogs.picks import KINDS
from providers.linode.nearest import did_you_mean, listed
from stacks import expiry, filling, inputs
from stacks.errors import BadSettings
from stacks.layers import LINODE_SPACE, PROJECT_SPACE, SECRET, Layer, Path_, Place, dotted, merge
from stacks.sources import COMMON, FOLDER, project_name

MISSPELT = 0.75
"""From this likeness (0 to 1) on, another namespace is taken for one of ours, misspelt."""


SPREAD = "spread"
OF_EACH = ("label", "adopt")
"""Of a volume's inputs those that are another text for each server."""

MOST = 500
"""Servers of a group: each is called by its number, and an adopted one by its id or label."""


Inputs = Mapping[str, Any]
"""Of a kind of resource, which judges them: see `inputs`."""


def as_domain(name: str) -> str:
    """In the form that the kind compares its names in."""
    from providers.linode.resources.domain import lower  # here: it takes long to load, and is rarely needed

    return lower(name)


Domain = Annotated[str, AfterValidator(as_domain)]


def as_key(text: str) -> str:
    """Whole: with a key that is cut off a server would be recreated, and nobody could log in."""
    from providers.linode.core.forms import AS_A_KEY, whole_key  # here, as above

    if text == SECRET:
        return text
    try:
        return whole_key(text)
    except ValueError:
        raise ValueError(AS_A_KEY) from None


Key = Annotated[str, AfterValidator(as_key)]


def as_moment(value: object) -> object:
    """A day is its midnight of UTC: that is how layers have it."""
    is_day = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
    return f"{value}T00:00:00+00:00" if is_day else value


Moment = Annotated[AwareDatetime, BeforeValidator(as_moment)]


class Model(BaseModel):
    """Base of all: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Group(Model):
    """Servers that are alike: how many, what to look for in the catalogs, and what changes may do to them.

    `running`: whether they are to run, null if that is nobody's business here. `protect` keeps the engine from
    deleting or replacing one; `allow_downtime` false refuses, at preview, what would turn one off; `allow_data_loss`
    true lets a change delete backups; `resize_disk` false keeps the disk as it is under a larger type, so that there
    is a way back; `on_image_change` says what a new image does; `one_at_a_time` lets each wait for the one before it.
    `renamed_from`: the group's name before, whose servers, password and pins it takes over.
    `adopt`: ids or labels of Linodes that are there already: servers of the group beside `count`, which keep their
    labels and are protected unless `protect` says otherwise.
    `private_network`: the name of one in `private_networks`, which its servers are in as well as on the internet.
    `placement`: `spread` puts each server on a host of its own, or refuses; `spread_if_possible` makes the best of it.
    `load_balancer`: the ports of a NodeBalancer before its servers, with the inputs of its configs, and the servers'
    port as `to` where it is another one. They get private addresses for it.
    `firewall`: the name of one in `firewalls`. `volumes`: by name, the inputs of a volume that each server gets; with
    `adopt` it is one that is there already.
    `reserved_ip`: each server has an address of its own that it keeps when it is recreated.
    `ssh_keys`: names of keys in `ssh_keys`. `user_data_file`: a file in stacks/ that holds the user data.
    False in place of a firewall, network or placement takes the servers out of what they are in; without a line they
    stay as they are. Any other input of an Instance can stand here as well; `label` and the user data are filled in
    for each server.
    """

    model_config = ConfigDict(extra="allow")

    count: int = Field(ge=0, le=MOST)
    region: RegionCriteria
    type: TypeCriteria
    image: ImageCriteria
    kernel: KernelCriteria | None = None
    tags: tuple[str, ...] = ()
    backups: bool = False
    running: bool | None = True
    protect: bool = False
    allow_downtime: bool = True
    allow_data_loss: bool = False
    resize_disk: bool = True
    on_image_change: Literal["replace", "rebuild", "ignore"] = "replace"
    one_at_a_time: bool = False
    renamed_from: str | None = None
    adopt: tuple[Annotated[int, Field(gt=MOST)] | str, ...] = ()
    firewall: str | Literal[False] | None = None
    private_network: str | Literal[False] | None = None
    placement: Literal["spread", "spread_if_possible", False] | None = None
    dns: Dns | None = None
    load_balancer: tuple[Inputs, ...] = ()
    volumes: Mapping[str, Inputs] = {}
    reserved_ip: bool = False
    ssh_keys: tuple[str, ...] = ()
    user_data_file: str | None = None

    @property
    def inputs(self) -> Inputs:
        """The inputs of an Instance that stand in the settings as they are."""
        return self.model_extra or {}

    def user_data(self) -> str | None:
        """What it says itself, or its file, with places to be filled in. Raises BadSettings."""
        if self.user_data_file is None:
            return self.inputs.get("user_data")
        file = FOLDER / self.user_data_file
        try:
            is_inside = file.resolve().is_relative_to(FOLDER.resolve())
            if not is_inside or file.name.startswith(("Pulumi.", "pins.")):
                raise BadSettings(
                    f"must be a file of its own in {FOLDER.name}/, where a change of it is noticed"
                )
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise BadSettings(f"{FOLDER.name}/{self.user_data_file} can't be read: {why}") from None
        except ValueError:  # a lone surrogate, or a zero
            raise BadSettings(f"{self.user_data_file!r} can't be the name of a file") from None

    @property
    def size(self) -> int:
        """How many servers it has in all."""
        return self.count + len(self.adopt)


class PrivateNetwork(Model):
    """A VPC with one subnet, `ipv4`, such as 10.0.0.0/24, in every region where groups are that use it."""

    ipv4: str


class Dns(Model):
    """A name for each server of a group: A and AAAA records, `name` with `{n}` and other places below `zone`.

    `zone` is one of `zones`, which the stack makes, or a domain that the account has. `reverse`: the addresses stand
    for the name, too, once the world's nameservers know it, which is waited for.
    """

    zone: Domain
    name: str
    ttl_sec: int | None = None
    reverse: bool = False


class Guards(Model):
    """What a plan for this stack may do; what is not set is not guarded. Money in US dollars a month.

    `data_loss`: `block` refuses a plan that erases a disk, `ack` asks for somebody's label, `allow` lets it pass.
    `max_power_off`: how many servers of one group may be off at once. `end_of_life_days`: warn that long before.
    """

    max_monthly: float | None = Field(default=None, ge=0)
    max_monthly_increase: float | None = Field(default=None, ge=0)
    max_servers: int | None = Field(default=None, ge=0)
    allowed_regions: tuple[str, ...] | None = None
    allowed_types: tuple[str, ...] | None = None
    data_loss: Literal["block", "ack", "allow"] | None = None
    protect: bool | None = None
    max_power_off: int | None = Field(default=None, ge=0)
    end_of_life_days: int | None = Field(default=None, ge=0)


class Settings(Model):
    """The values of one environment, each under `fleet:`.

    `firewalls`: by name, the inputs of a firewall, made where a group with servers uses it. `zones`: by domain, the
    inputs of those that are the stack's own, masters unless they say otherwise. With `adopt` either is there already,
    and protected unless a group that uses it says otherwise. `ssh_keys`: by name, public
    keys that groups can give root; `authorized_keys` are those that every server gets.
    `pins` names another file of pins than `stacks/pins.<stack>.json`, from the project's folder. `ends_at`: when
    the stack of a pull request ends; `pr-up` sets it, and all that can have tags gets it as one.
    `root_password_outputs`: the groups' passwords are outputs of the stack, too, and not in its state alone.
    `refresh`: previews and deployments of pull requests look at the account first, and see what was changed or deleted
    by hand. `region` is where all groups are, but for those whose own `region` names ids; of what the others ask for,
    the capabilities still hold.
    """

    servers: Mapping[str, Group]
    region: str | None = None
    firewalls: Mapping[str, Inputs] = {}
    private_networks: Mapping[str, PrivateNetwork] = {}
    zones: Mapping[Domain, Inputs] = {}
    ssh_keys: Mapping[str, Key] = {}
    authorized_keys: tuple[Key, ...] = ()
    guards: Guards = Guards()
    pins: str | None = None
    ends_at: Moment | None = None
    root_password_outputs: bool = False
    refresh: bool = False

    @property
    def renamed(self) -> dict[str, str]:
        """The groups' new names by their old ones."""
        return {group.renamed_from: name for name, group in self.servers.items() if group.renamed_from}

    def ending(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs of what can have tags, with one of the stack's end, if it has one; not of what was there before,
        which outlives the stack.
        """
        if self.ends_at is None or "adopt" in given:
            return dict(given)
        return {**given, "tags": [*(given.get("tags") or ()), expiry.resource_tag(self.ends_at)]}


Problem = tuple[Path_, str]
"""The key path that something is wrong with, and what."""

PRODUCTION = "prod"
CAREFUL = {"protect": True, "allow_downtime": False}
"""What groups of servers in production have unless their settings say otherwise."""


def parse(layer: Layer, stack: str) -> Settings:
    """The settings of a stack. Raises BadSettings with every problem, a line each, and the nearest known name."""
    layer = _with_defaults(layer, stack)
    spaces = {
        key.removeprefix(PROJECT_SPACE): value
        for key, value in layer.values.items()
        if key.startswith(PROJECT_SPACE)
    }
    found: list[Problem] = [
        ((key,), f"no such setting{near}") for key in layer.values if (near := _meant(key)) is not None
    ]
    try:
        settings = _in_region(Settings.model_validate(spaces))
        found += [*_wrong_renames(settings), *_wrong_adoptions(settings)]
        found += [*_wrong_texts(settings, stack), *_apart(settings)]
    except ValidationError as error:
        found += _problems(error.errors(), layer)
    found += _wrong_names(spaces)
    told = {place for path, _ in found for place in (path, path[:-1] if isinstance(path[-1], int) else path)}
    found += [each for each in dict.fromkeys(_wrong_inputs(spaces, stack)) if each[0] not in told]
    if found:
        raise BadSettings(
            "\n".join(
                [f"the settings of stack '{stack}' are not valid. Next: correct them.", *lines(found, layer)]
            )
        )
    return settings


def _in_region(settings: Settings) -> Settings:
    """With the stack's own region, where it has one, in place of what its groups look for."""
    if not settings.region:
        return settings
    asked = {name: group.region for name, group in settings.servers.items()}
    named = {
        name: RegionCriteria(ids=(settings.region,), capabilities=region.capabilities, site_type="any")
        for name, region in asked.items()
        if not region.ids
    }
    servers = {
        name: group.model_copy(update={"region": named.get(name, group.region)})
        for name, group in settings.servers.items()
    }
    return settings.model_copy(update={"servers": servers})


def _with_defaults(layer: Layer, stack: str) -> Layer:
    """The layer over what an environment's name implies: production is protected and not turned off."""
    servers = layer.values.get(f"{PROJECT_SPACE}servers")
    if stack != PRODUCTION or not isinstance(servers, Mapping):
        return layer
    careful = {name: dict(CAREFUL) for name, group in servers.items() if isinstance(group, Mapping)}
    return merge([Layer({f"{PROJECT_SPACE}servers": careful}), layer])


def _wrong_renames(settings: Settings) -> Iterator[Problem]:
    for name, group in settings.servers.items():
        old, path = group.renamed_from or "", (f"{PROJECT_SPACE}servers", name, "renamed_from")
        if old in settings.servers:
            yield (
                path,
                f"{old} is a group of these settings. Next: remove that group (`{old}: null`), or this line",
            )
        elif old and settings.renamed[old] != name:
            yield (
                path,
                f"{settings.renamed[old]} is renamed from {old}, too. Next: remove one of the two lines",
            )


def _wrong_adoptions(settings: Settings) -> Iterator[Problem]:
    taken: dict[int | str, str] = {}
    for name, group in settings.servers.items():
        path = (f"{PROJECT_SPACE}servers", name, "adopt")
        for each in group.adopt:
            if (other := taken.setdefault(each, name)) != name or group.adopt.count(each) > 1:
                yield path, f"{each} is adopted twice (in {other}). Next: remove one of them"


def _wrong_names(spaces: Mapping[str, object]) -> Iterator[Problem]:
    """What a group names, and the settings don't have. `spaces`: as they were read."""
    for name, group in _maps(spaces.get("servers")):
        for key in ("firewall", "private_network", "ssh_keys"):
            where, named = f"{key.removesuffix('s')}s", group.get(key)
            there = [each for each, _ in _entries(spaces.get(where))]
            for each in named if isinstance(named, list) else [named]:
                if isinstance(each, str) and each not in there:
                    near = did_you_mean(each, there)
                    yield (
                        (f"{PROJECT_SPACE}servers", name, key),
                        f"{each} is not in {PROJECT_SPACE}{where}{near}",
                    )


def _apart(settings: Settings) -> Iterator[Problem]:
    """What does not go together in one group."""
    for name, group in settings.servers.items():
        path, given = (f"{PROJECT_SPACE}servers", name), group.inputs
        if group.load_balancer and given.get("interface_generation") == "linode":
            yield (*path, "load_balancer"), "needs private addresses, which Linode interfaces don't have"
        if group.load_balancer and given.get("private_ip", True) is not True:
            yield (*path, "private_ip"), "the load balancer needs it. Next: remove one of the two lines"
        if "reserved_ipv4" in given and group.size > 1:
            yield (*path, "reserved_ipv4"), f"{group.size} servers can't share it. Next: make groups of one"
        if group.reserved_ip and given.get("interface_generation") == "linode":
            yield (
                (*path, "reserved_ip"),
                "is for legacy interfaces: others name their addresses in interfaces",
            )
        if group.dns is not None and settings.zones.get(group.dns.zone, {}).get("type") == "slave":
            yield (*path, "dns", "zone"), f"{group.dns.zone} is a slave, whose records come from its masters"
        if group.dns is not None and not inputs.address_records(given.get("interfaces")):
            yield (*path, "dns"), "the servers have no public address. Next: give them a public interface"
        for line, other, are_both in (
            ("placement_group", "placement", group.placement is not None and "placement_group" in given),
            ("reserved_ipv4", "reserved_ip", group.reserved_ip and "reserved_ipv4" in given),
            ("user_data_file", "user_data", group.user_data_file is not None and "user_data" in given),
        ):
            if are_both:
                yield (*path, line), f"is set as well as {other}. Next: remove one of the two lines"


def _wrong_texts(settings: Settings, stack: str) -> Iterator[Problem]:
    """Labels, names and user data, whose places are filled in for each server."""
    labels: dict[str, str] = {}
    for name, group in settings.servers.items():
        path = (f"{PROJECT_SPACE}servers", name)
        yield from _wrong_labels(name, group, stack, labels)
        for volume, given in group.volumes.items():
            for key in (each for each in OF_EACH if given.get(each)):
                yield from _wrong_places((*path, "volumes", volume, key), str(given[key]), group.size)
        if group.dns is not None:
            yield from _wrong_places((*path, "dns", "name"), group.dns.name, group.size)
            full = as_domain(group.dns.name)
            if group.dns.name.endswith(".") and not f".{full}".endswith(f".{group.dns.zone}"):
                yield (*path, "dns", "name"), f"is not in {group.dns.zone}. Next: leave the last dot out"
        yield from _wrong_user_data(group, path)


def _wrong_labels(name: str, group: Group, stack: str, taken: dict[str, str]) -> Iterator[Problem]:
    """taken: those of the groups before it, by which group they are; its own come to them."""
    path, label = (f"{PROJECT_SPACE}servers", name, "label"), str(group.inputs.get("label") or "")
    if not label:
        return
    found = [*_wrong_places(path, label, group.count)]
    yield from found
    for number in range(1, group.count + 1) if not found else ():
        made = filling.filled(label, filling.IN_LABELS, _for_now(name, number, stack))
        if (other := taken.setdefault(made, name)) != name:
            yield path, f"{made} is a label of group {other}, too. Next: choose another"
            return


def _wrong_user_data(group: Group, path: Path_) -> Iterator[Problem]:
    key = "user_data" if group.user_data_file is None else "user_data_file"
    try:
        data = group.user_data()
    except BadSettings as error:
        yield (*path, key), str(error)
        return
    if isinstance(data, str):
        yield from (((*path, key), why) for why in filling.unknown(data, filling.IN_USER_DATA))


def _wrong_places(path: Path_, text: str, count: int) -> Iterator[Problem]:
    yield from ((path, why) for why in filling.unknown(text, filling.IN_LABELS))
    if count > 1 and not {"n", "name"} & {*filling.IN_LABELS.findall(text)}:
        yield path, f"{count} servers can't share it. Next: put {{n}} into it"


def _for_now(group: str, number: object, stack: str) -> dict[str, object]:
    """The places of a server as far as settings know them; the others are the group's own, whatever they will be."""
    known = {"stack": stack, "group": group, "n": number, "name": f"{group}-{number}"}
    return {**dict.fromkeys(filling.NAMES, group), **known}


def _wrong_inputs(spaces: Mapping[str, object], stack: str) -> Iterator[Problem]:
    """What the kinds of resource say of what will be declared of them. `spaces`: the settings as they were read."""
    stem, zones = f"{project_name()}-{stack}", dict(_maps(spaces.get("zones")))
    for name, group in _maps(spaces.get("servers")):
        yield from _wrong_servers(name, group, stack, stem)
        yield from _wrong_dns(name, group, stack, {as_domain(zone) for zone in zones})
        path = (f"{PROJECT_SPACE}servers", name)
        if isinstance(ports := group.get("load_balancer"), list):
            yield from inputs.port_problems(ports, (*path, "load_balancer"), f"{stem}-{name}")
        if isinstance(how := group.get("placement"), str):
            called = f"{stem}-{inputs.placement_name(name, inputs.REGION, how)}"
            yield from inputs.PLACEMENT.problems({}, (*path, "placement"), label=called)
        longest = max(map(str, _ends(group)), key=len, default=None)
        for volume, given in _maps(group.get("volumes")):
            label = f"{stem}-{name}-{longest}-{volume}" if longest else None
            given = _labelled(given, name, stack)
            yield from inputs.VOLUME.problems(given, (*path, "volumes", volume), label=label)
    for name, given in _maps(spaces.get("firewalls")):
        path = (f"{PROJECT_SPACE}firewalls", name)
        yield from inputs.FIREWALL.problems(given, path, label=f"{stem}-{name}")
    for name, given in _maps(spaces.get("private_networks")):
        path, ipv4 = (f"{PROJECT_SPACE}private_networks", name), given.get("ipv4")
        yield from inputs.NETWORK.problems({}, path, label=f"{stem}-{name}-{inputs.REGION}")
        if not isinstance(ipv4, str):
            continue
        called = f"{stem}-{inputs.subnet_name(name, inputs.REGION, ipv4)}"
        yield from inputs.SUBNET.problems({}, path, label=called, said={"ipv4": ((*path, "ipv4"), ipv4)})
    for name, given in zones.items():
        path = (f"{PROJECT_SPACE}zones", name)
        yield from inputs.ZONE.problems(given, path, said={"domain": (path, name)})


def _wrong_servers(name: str, group: Mapping[str, object], stack: str, stem: str) -> Iterator[Problem]:
    """Of those that it counts, and of each that it adopts."""
    from providers.linode.resources.instance.interfaces import wired  # here: it takes long to load

    path, rows = (f"{PROJECT_SPACE}servers", name), group.get("interfaces")
    given = {key: value for key, value in group.items() if key not in Group.model_fields}
    given = _labelled(given, name, stack)
    subnet, wall = group.get("private_network"), group.get("firewall")
    stays_off = group.get("running") is False
    said: dict[str, tuple[Path_, object]] = {
        "tags": ((*path, "tags"), group.get("tags")),
        "booted": ((*path, "running"), False if stays_off else None),
    }
    if rows is None or (isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)):
        wires = wired(given, subnet and inputs.OPEN, wall and inputs.OPEN)
        where = "interfaces" if rows else "private_network" if subnet else "firewall"
        said |= {key: ((*path, where), value) for key, value in wires.items()}
    for end in _ends(group) or [None]:
        is_there = end in _listed(group.get("adopt"))
        label = None if is_there or end is None else f"{stem}-{name}-{end}"
        own: dict[str, tuple[Path_, object]] = {"adopt": ((*path, "adopt"), end)} if is_there else {}
        yield from inputs.SERVER.problems(given, path, Group.model_fields, label, said | own)


def _wrong_dns(
    name: str, group: Mapping[str, object], stack: str, zones: Collection[str]
) -> Iterator[Problem]:
    """The records of its servers, and the names that their addresses get. zones: the stack's own."""
    from providers.linode.resources.domain_record import (
        below,
    )  # here: it takes long to load, and is rarely needed

    dns, path = group.get("dns"), (f"{PROJECT_SPACE}servers", name, "dns")
    if not isinstance(dns, Mapping):
        return
    text, zone = dns.get("name"), as_domain(str(dns.get("zone") or ""))
    if zone not in zones:
        yield from inputs.THERE.problems({}, path, said={"domain": ((*path, "zone"), zone)})
    if not isinstance(text, str) or [*filling.unknown(text, filling.IN_LABELS)]:
        return
    ttl = (*path, "ttl_sec"), dns.get("ttl_sec")
    for end in _ends(group):
        host = below(filling.filled(text, filling.IN_LABELS, _for_now(name, end, stack)), zone)
        full = f"{host}.{zone}" if host else zone
        yield from inputs.RECORD.problems({}, path, said={"name": ((*path, "name"), host), "ttl_sec": ttl})
        if dns.get("reverse") is True:
            yield from inputs.REVERSE.problems({}, path, said={"rdns": ((*path, "name"), full)})


def _ends(group: Mapping[str, object]) -> list[object]:
    """What stands for its servers in their names: of those that it counts for the last, and for each adopted one.

    Adopted ones keep their labels, but not what belongs to them.
    """
    count = group.get("count")
    last = count if type(count) is int and 0 <= count <= MOST else 1
    return [*([last] if last else []), *_listed(group.get("adopt"))]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _labelled(given: Mapping[str, object], group: str, stack: str) -> dict[str, object]:
    """With its label as far as the settings know it, where it has one whose places have values."""
    label = given.get("label")
    if not isinstance(label, str) or [*filling.unknown(label, filling.IN_LABELS)]:
        return dict(given)
    return {**given, "label": filling.filled(label, filling.IN_LABELS, _for_now(group, 1, stack))}


def _entries(value: object) -> Iterator[tuple[str, object]]:
    yield from ((str(name), inner) for name, inner in value.items()) if isinstance(value, Mapping) else ()


def _maps(value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    yield from ((name, inner) for name, inner in _entries(value) if isinstance(inner, Mapping))


def lines(found: Iterable[Problem], layer: Layer) -> list[str]:
    """`  stacks/Pulumi.dev.yaml:9: fleet:servers.db.count: …`, in the order of the files' lines."""
    placed = [(layer.changed_at(path) or Place("", 0), dotted(path), text) for path, text in found]
    placed.sort(key=lambda each: (each[0].file, each[0].line, each[1]))
    return [f"  {f'{place}: ' if place.line else ''}{name}: {text}" for place, name, text in placed]


def _meant(key: str) -> str | None:
    """` (did you mean …?)` for a misspelt key of the provider's space, or a misspelt space; else None.

    Keys of the project's own the model finds; spaces that look like neither belong to other providers.
    """
    space, _, name = key.rpartition(":")
    if f"{space}:" == LINODE_SPACE:
        from providers.linode.core.runtime import (
            CONFIG_KEYS,
        )  # here: it takes long to load, and is rarely needed

        return None if key in CONFIG_KEYS else did_you_mean(key, CONFIG_KEYS)
    if f"{space}:" == PROJECT_SPACE:
        return None
    near = get_close_matches(f"{space}:", (PROJECT_SPACE, LINODE_SPACE), n=1, cutoff=MISSPELT)
    return f" (did you mean {near[0]}{name}?)" if near else None


def _problems(errors: list[ErrorDetails], layer: Layer) -> Iterator[Problem]:
    """A line each, but one for all that a group of servers lacks: mostly the rest of it was in common.yaml."""
    lacking: dict[Path_, list[str]] = {}
    for each in errors:
        if each["type"] == "missing" and each["loc"][0] == "servers" and len(each["loc"]) == 3:
            lacking.setdefault(each["loc"][:2], []).append(str(each["loc"][2]))
        else:
            yield _problem(each)
    for (_, name), keys in lacking.items():
        path = (f"{PROJECT_SPACE}servers", name)
        place, common = layer.place_of(path), f"{FOLDER.name}/{COMMON}"
        is_common = place is not None and place.file == common
        gone = "" if is_common else f", or call the group as {common} does, or remove it here"
        verb = "is" if len(keys) == 1 else "are"
        yield path, f"{listed(keys)} {verb} required. Next: add {'it' if len(keys) == 1 else 'them'}{gone}."


def _problem(problem: ErrorDetails) -> Problem:
    """What the model says, as a line's end: `… (got 'lots')`; secrets are not shown."""
    location = tuple(part for part in problem["loc"])
    path: Path_ = (f"{PROJECT_SPACE}{location[0]}", *location[1:])
    if problem["type"] == "extra_forbidden":
        return path, f"no such setting{did_you_mean(str(location[-1]), known_keys(location))}"
    if problem["type"] == "missing":
        return path, "is required. Next: give it."
    given = problem.get("input")
    shown = "" if given == SECRET or isinstance(given, (Mapping, list)) else f" (got {given!r})"
    return path, f"{in_words(problem)}{shown}"


def known_keys(location: Path_) -> list[str]:
    """The names that the map around a key path may have."""
    if len(location) == 1:
        return list(Settings.model_fields)
    for part in reversed(location[:-1]):
        for kind, (criteria, _) in KINDS.items():
            if kind == part:
                return criteria.setting_names()
    inner: dict[str, type[Model]] = {"guards": Guards, "private_networks": PrivateNetwork}
    if "dns" in location[:-1]:
        return list(Dns.model_fields)
    return list(inner.get(str(location[0]), Group).model_fields)
