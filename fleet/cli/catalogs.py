"""Look into the catalogs: types, regions, images, kernels, as a table, as JSON or as the look-up in Python."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any, TypeVar

import click
from click import option
from click.shell_completion import CompletionItem
from rich.console import Console

from fleet.cli.options import Command, as_json, format_option, table, with_options
from providers.linode import catalogs as catalog_names
from providers.linode.api.cache import is_offline
from providers.linode.api.catalog_transport import CatalogTransport, OnPage
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import connect_for_lookups
from providers.linode.api.errors import BadConnection, BadFilter, LinodeError
from providers.linode.catalogs import (
    AnyImages,
    Catalogs,
    Criteria,
    KernelCriteria,
    Pick,
    RegionCriteria,
    TypeCriteria,
    known_type,
    pick_image,
    pick_kernel,
    pick_region,
    pick_type,
)
from providers.linode.catalogs.places import CONTINENTS, coordinates_of, distance_km

CriteriaT = TypeVar("CriteriaT", bound=Criteria)
ABSENT: Mapping[str, Any] = {"monthly_usd": 0.0, "vendor": "", "eol": date.max.isoformat()}
"""Where a row without a value comes in an order."""

UNKNOWN = {"vendor": "own", "eol": "", "built": ""}
DIGITS = {"monthly_usd": 2, "hourly_usd": 4}
DAY = 10
"""Characters of a moment that are its day."""

PROGRAM = """\
from providers.linode.core import runtime as sessions
from providers.linode.catalogs import {names}
{dated}
catalogs = sessions.of_environment().catalogs  # in a stack program: sessions.of_stack(pulumi.get_stack()).catalogs
pick = {pick}
for item in {items}:
    print(item.id)
"""


@dataclass(frozen=True)
class Form(click.ParamType[Any]):
    """A value that is written in a certain way; `what` says of another one what it is not."""

    name: str
    pattern: str
    what: str
    read: Callable[[re.Match[str]], Any]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = re.fullmatch(self.pattern, str(value).strip(), re.IGNORECASE)
        if found is None:
            self.fail(f"{value!r} is {self.what}", param, ctx)
        return self.read(found)


USD = Form(
    "usd", r"(?:USD|US\$|\$)?\s*(\d+(?:\.\d+)?)\s*(?:USD|\$)?",
    "no price in US dollars: give a number, such as 40", lambda found: float(found[1]),
)  # fmt: skip
MEGABYTES = Form(
    "mb", r"(\d+)\s*(MB?|GB?)?", "no size: give MB, such as 4096, or 4GB",
    lambda found: int(found[1]) * (1024 if (found[2] or "").upper().startswith("G") else 1),
)  # fmt: skip
POINT = Form(
    "lat,lon", r"(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)",
    "no place: give latitude and longitude, such as 52.5,13.4", lambda found: (float(found[1]), float(found[2])),
)  # fmt: skip


def ids_of(catalog: str) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """Completes with the ids of a catalog as it is on disk: never asks the API, never fails."""

    def complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            with open_catalogs({**os.environ, "LINODE_OFFLINE": "1"}) as catalogs:
                found = [(str(item.id), str(item.label)) for item in getattr(catalogs, catalog)()]
        except LinodeError:
            return []
        return [CompletionItem(id_, help=label) for id_, label in found if id_.startswith(begun)]

    return complete


@dataclass(frozen=True)
class Listing:
    """What was found: the pick, its items as rows, what is shown of them (title to key), and the pick as code.

    A title that ends in `>` is set to the right. `orders` are those that are no attribute of an item, as code.
    """

    pick: Pick[Any]
    rows: list[dict[str, Any]]
    columns: Mapping[str, str]
    call: str
    orders: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """What was asked for: values of options that are criteria, and what the output is to be like."""

    given: dict[str, Any]
    flags: Mapping[str, str]
    sorts: Mapping[str, str]
    form: str
    explain: bool
    sort: str | None
    reverse: bool
    limit: int | None

    def criteria(self, model: type[CriteriaT], **always: object) -> CriteriaT:
        """Raises BadFilter, in one line with the names of the options."""
        wanted = {
            key: value for key, value in self.given.items() if value not in (None, ()) and value is not False
        }
        try:
            return model.read({**wanted, **always})
        except BadFilter as error:
            names = rf"^{model.__name__}: (\w+)(?:\.\d+)*|`(\w+)`"
            line = re.sub(names, lambda found: self.flags.get(found[1] or found[2], found[0]), str(error))
            raise BadFilter(line) from None

    def show(self, found: Listing) -> None:
        """Print it in the form that was asked for; the explanation of JSON goes to the other stream."""
        if self.form == "python":
            click.echo(self._code(found), nl=False)
            return
        rows = found.rows
        if self.sort:
            key = self.sorts[self.sort]
            rows = sorted(
                rows, key=lambda row: ABSENT[key] if row[key] is None else row[key], reverse=self.reverse
            )
        elif self.reverse:
            rows = rows[::-1]
        rows = rows[: self.limit]
        if self.form == "json":
            as_json(rows)
        else:
            table(tuple(found.columns), ([_text(row, key) for key in found.columns.values()] for row in rows))
        if self.explain:
            click.echo(found.pick.explain(), err=self.form == "json")
        else:
            for line in found.pick.unknown:
                click.echo(f"note: {line}", err=True)

    def _code(self, found: Listing) -> str:
        """A program that prints the ids of the same list."""
        items = "pick.ranked"
        if self.sort:
            order = found.orders.get(self.sort, f"item.{self.sorts[self.sort]}")
            reverse = ", reverse=True" if self.reverse else ""
            items = f"sorted({items}, key=lambda item: {order}{reverse})"
        elif self.reverse:
            items = "reversed(pick.ranked)" if self.limit is None else "pick.ranked[::-1]"
        items += f"[:{self.limit}]" if self.limit is not None else ""
        used = set(re.findall(r"\w+", f"{found.call} {items}"))
        dated = "\nfrom datetime import date\n" if "date" in used else ""
        names = ", ".join(sorted(used & set(catalog_names.__all__)))
        return PROGRAM.format(names=names, dated=dated, pick=found.call, items=items)


def _catalog(
    sorts: Mapping[str, str], *options: Callable[..., Any]
) -> Callable[[Callable[..., Listing]], Command]:
    """A command that lists a catalog. `sorts`: the orders there are, to keys of rows."""
    shown = (
        option("--sort", type=click.Choice(list(sorts)), help="The least first; else the best comes first."),
        option("--reverse", is_flag=True, help="The last first."),
        option("--limit", type=click.IntRange(min=1), help="So many rows at most."),
        option("--explain", is_flag=True, help="Why the best is the best, and what each criterion removed."),
        format_option("table", "json", "python"),
    )

    def add(function: Callable[..., Listing]) -> Command:
        def call(**given: Any) -> None:
            flags = {str(each.name): each.opts[0] for each in click.get_current_context().command.params}
            output = {name: given.pop(name) for name in ("form", "explain", "sort", "reverse", "limit")}
            asked = Asked(given, flags, sorts, **output)
            asked.show(function(asked))

        functools.update_wrapper(call, function)
        return click.command(cls=Command)(with_options(call, *options, *shown))

    return add


MANY: dict[str, Any] = {"multiple": True}
INT: dict[str, Any] = {"type": int}
CLASSES = click.Choice(["nanode", "standard", "dedicated", "premium", "highmem", "gpu", "accelerated"])


@_catalog(
    {
        "price": "monthly_usd", "memory": "memory_mb", "vcpus": "vcpus", "disk": "disk_mb",
        "transfer": "transfer_gb", "gpus": "gpus", "id": "id",
    },
    option("--id", "ids", **MANY, help="This plan.", shell_complete=ids_of("types")),
    option("--class", "class", type=CLASSES, **MANY, help="Of this class."),
    option("--vcpus", **INT, help="So many cores."),
    option("--min-vcpus", **INT, help="At least so many cores."),
    option("--max-vcpus", **INT, help="At most so many cores."),
    option("--memory", "memory_mb", type=MEGABYTES, help="So much memory: 4096, 4GB."),
    option("--min-memory", "min_memory_mb", type=MEGABYTES, help="At least so much memory: 4096, 4GB."),
    option("--max-memory", "max_memory_mb", type=MEGABYTES, help="At most so much memory."),
    option("--min-disk", "min_disk_mb", type=MEGABYTES, help="At least so much disk: 81920, 80GB."),
    option("--min-transfer", "min_transfer_gb", **INT, help="At least so many GB of transfer a month."),
    option("--min-network", "min_network_out_mbps", **INT, help="At least so many Mbit/s out."),
    option("--gpus", **INT, help="So many GPUs."),
    option("--min-gpus", **INT, help="At least so many GPUs."),
    option("--max-monthly", "max_monthly_usd", type=USD, help="At most so many US dollars a month."),
    option("--max-hourly", "max_hourly_usd", type=USD, help="At most so many US dollars an hour."),
    option("--backups", is_flag=True, help="Prices with the backup service."),
    option("--exclude", **MANY, help="Not this plan.", shell_complete=ids_of("types")),
    option("--region", default="", help="On sale there, at its prices.", shell_complete=ids_of("regions")),
)  # fmt: skip
def types(asked: Asked) -> Listing:
    """Plans: what they have, and what they cost in a region. The cheapest comes first."""
    region = asked.given.pop("region")
    criteria = asked.criteria(TypeCriteria)
    backups = criteria.backups
    with open_catalogs() as catalogs:
        pick = pick_type(catalogs, criteria, region, explain=asked.explain)
    hidden = {"class_", "price", "region_prices", "backups_price", "backups_region_prices"}
    rows = [
        {
            **item.model_dump(mode="json", exclude=hidden), "class": item.class_, "region": region or None,
            "monthly_usd": item.monthly_usd(region, backups), "hourly_usd": item.hourly_usd(region, backups),
        }
        for item in pick.ranked
    ]  # fmt: skip
    columns = {
        "id": "id", "class": "class", "vcpus>": "vcpus", "memory MB>": "memory_mb", "disk MB>": "disk_mb",
        "transfer GB>": "transfer_gb", "gpus>": "gpus", "USD/month>": "monthly_usd", "USD/hour>": "hourly_usd",
    }  # fmt: skip
    call = f"pick_type(catalogs, {_as_code(criteria)}, {region!r})"
    return Listing(pick, rows, columns, call, {"price": f"item.monthly_usd({region!r}, {backups}) or 0.0"})


@_catalog(
    {"price": "monthly_usd", "id": "id", "country": "country", "label": "label"},
    option("--id", "ids", **MANY, help="This region.", shell_complete=ids_of("regions")),
    option("--continent", type=click.Choice(CONTINENTS), help="On this continent."),
    option("--country", "countries", **MANY, help="In this country (two letters)."),
    option("--capability", "capabilities", **MANY, help="That can do this, such as Metadata."),
    option("--near", type=POINT, help="The nearest to LAT,LON first."),
    option("--max-distance", "max_distance_km", **INT, help="At most so many km away from --near."),
    option("--exclude", **MANY, help="Not this region.", shell_complete=ids_of("regions")),
    option("--site-type", type=click.Choice(["core", "distributed", "any"]), default="any", show_default=True,
           help="Core or distributed ones."),
    option("--type", "plan", default="", help="With this plan on sale.", shell_complete=ids_of("types")),
)  # fmt: skip
def regions(asked: Asked) -> Listing:
    """Regions: where they are and what they can do; with --type, what a plan costs in each."""
    plan = asked.given.pop("plan")
    criteria = asked.criteria(RegionCriteria)
    sells = TypeCriteria(ids=(plan,)) if plan else None
    with open_catalogs() as catalogs:
        type_ = known_type(catalogs, plan) if plan else None
        pick = pick_region(catalogs, criteria, sells=sells, explain=asked.explain)
    if asked.sort == "price" and not plan:
        raise click.UsageError("--sort price needs --type, the plan whose price it is")
    columns = {"id": "id", "label": "label", "country": "country", "site": "site_type", "status": "status"}
    rows: list[dict[str, Any]] = [item.model_dump(mode="json") for item in pick.ranked]
    if (near := criteria.near) is not None:
        columns["km>"] = "km"
        for row in rows:
            row["km"] = distance_km(near, there) if (there := coordinates_of(row["id"])) else None
    if type_:
        columns["USD/month>"] = "monthly_usd"
        for row in rows:
            row["monthly_usd"] = type_.monthly_usd(row["id"])
    price = f"catalogs.types(LinodeTypes.id == {plan!r})[0].monthly_usd(item.id) or 0.0"
    more = f", sells=TypeCriteria(ids=({plan!r},))" if plan else ""
    call = f"pick_region(catalogs, {_as_code(criteria)}{more})"
    return Listing(pick, rows, columns, call, {"price": price})


@_catalog(
    {"vendor": "vendor", "id": "id", "size": "size_mb", "eol": "eol"},
    option("--vendor", help="Of this vendor, such as Debian."),
    option("--distribution", help="Of this distribution, such as centos-stream."),
    option("--version", help="Of this version; 12 is also 12.5."),
    option("--min-version", help="Of this version or a later one."),
    option("--max-version", help="Of this version or an earlier one."),
    option("--lts", is_flag=True, help="With long-term support."),
    option("--capability", "capabilities", **MANY, help="That can do this, such as cloud-init."),
    option("--max-size", "max_size_mb", type=MEGABYTES, help="That fits on a disk of so many MB."),
    option(
        "--supported-until", type=click.DateTime(["%Y-%m-%d"]), help="Supported by its maker on this day."
    ),
    option("--deprecated", is_flag=True, help="Deprecated ones too."),
    option("--variant", help="This variant, such as nvidia, instead of the plain ones."),
    option("--own", is_flag=True, help="The account's own."),
    option("--label", help="An own image with this label."),
    option("--tag", "tags", **MANY, help="An own image with this tag."),
    option("--exclude", **MANY, help="Not this image."),
)
def images(asked: Asked) -> Listing:
    """Images: the newest version first, of plain, supported ones; --deprecated and --variant show others."""
    if (until := asked.given["supported_until"]) is not None:
        asked.given["supported_until"] = until.date()
    criteria = asked.criteria(AnyImages)
    if not (criteria.vendor or criteria.own):
        asked.sort = asked.sort or "vendor"
    with open_catalogs(own=criteria.own) as catalogs:
        today = datetime.now(timezone.utc).date()
        pick = pick_image(catalogs, criteria, today, explain=asked.explain)
    rows = [
        {**item.model_dump(mode="json"), "version": item.release.version_text if item.release else ""}
        for item in pick.ranked
    ]
    columns = {
        "id": "id", "label": "label", "vendor": "vendor", "version": "version", "size MB>": "size_mb",
        "supported until": "eol", "deprecated": "deprecated",
    }  # fmt: skip
    code = _as_code(criteria).replace("datetime.date(", "date(")
    orders = {"vendor": 'item.vendor or ""', "eol": "item.eol or date.max"}
    return Listing(pick, rows, columns, f"pick_image(catalogs, {code}, date.today())", orders)


@_catalog(
    {"id": "id", "label": "label"},
    option("--architecture", type=click.Choice(["x86_64", "i386"]), help="For this kind of processor."),
    option("--version", help="Of this version; 6.2 is also 6.2.9."),
    option("--kvm/--any", default=True, help="Those that boot here (KVM), or any."),
)
def kernels(asked: Asked) -> Listing:
    """Kernels with a version, the newest first; deprecated ones and the moving `latest` are left out."""
    criteria = asked.criteria(KernelCriteria, kvm=asked.given["kvm"])
    with open_catalogs() as catalogs:
        pick = pick_kernel(catalogs, criteria, explain=asked.explain)
    rows = [item.model_dump(mode="json") for item in pick.ranked]
    columns = {"id": "id", "label": "label", "architecture": "architecture", "KVM": "kvm", "built": "built"}
    return Listing(pick, rows, columns, f"pick_kernel(catalogs, {_as_code(criteria)})")


@contextmanager
def open_catalogs(
    env: Mapping[str, str] = os.environ, console: Console | None = None, *, own: bool = False
) -> Iterator[Catalogs]:
    """The catalogs of the API at LINODE_URL. Raises BadConnection; for `own` images as `require_token`."""
    connection = connect_for_lookups(env)
    with (
        _progress(console or Console(stderr=True)) as on_page,
        closing(CatalogTransport(connection, env, on_page)) as transport,
    ):
        client = LinodeClient(transport)
        if own:
            require_token(client)
        yield Catalogs(client, narrow=lambda path: not transport.keeps(path))


def require_token(client: LinodeClient) -> None:
    """Raises BadConnection without a token, NotAuthorized with a wrong one: whoever asks for own images needs one.

    The API shows the public images to anybody, so that a look alone would say that there are no others.
    """
    if not client.transport.connection.token:
        raise BadConnection(
            "images of the account's own are shown with its token only, and there is none. "
            "Next: set LINODE_TOKEN to a personal access token with the scope images:read_only."
        )
    if not is_offline():
        client.account_id()


@contextmanager
def _progress(console: Console) -> Iterator[OnPage]:
    """A bar for lists of several pages, where a person watches."""
    if not console.is_terminal:
        yield lambda _path, _page, _pages: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("pages"))
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}
        most: dict[str, int] = {}

        def on_page(path: str, page: int, pages: int) -> None:
            if pages < 2:
                return
            if path not in tasks:
                tasks[path] = bar.add_task(f"GET {path}", total=pages)
            most[path] = max(page, most.get(path, 0))  # all but the last are read twice
            bar.update(tasks[path], completed=most[path], total=pages)

        yield on_page


def _as_code(criteria: Criteria) -> str:
    """The criteria as Python: TypeCriteria(min_memory_mb=4096)."""
    given = criteria.model_dump(exclude_defaults=True)
    return f"{type(criteria).__name__}({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def _text(row: Mapping[str, Any], key: str) -> str:
    """A value as the table has it."""
    value = row[key]
    if value is None:
        return UNKNOWN.get(key, "?")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in DIGITS:
        return f"{value:.{DIGITS[key]}f}"
    return str(value)[:DAY] if key == "built" else str(value)
