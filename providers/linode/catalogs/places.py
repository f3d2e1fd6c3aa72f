"""Where regions are: continents by country, and the coordinates of their cities.

The API tells a region's country and nothing more. Continents follow the United Nations' geographic regions
(https://unstats.un.org/unsd/methodology/m49/), but for Mexico, Central America and the Caribbean, which count
as North America here. Coordinates are those of the city that the region's label names, to a tenth of a degree.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Literal

Continent = Literal["africa", "asia", "europe", "north-america", "oceania", "south-america"]

_COUNTRIES: dict[Continent, str] = {
    "africa": "ao bf bi bj bw cd cf cg ci cm cv dj dz eg eh er et ga gh gm gn gq gw ke km lr ls ly ma mg ml mr mu "
    "mw mz na ne ng re rw sc sd sh sl sn so ss st sz td tg tn tz ug yt za zm zw",
    "asia": "ae af am az bd bh bn bt cn cy ge hk id il in iq ir jo jp kg kh kp kr kw kz la lb lk mm mn mo mv my np "
    "om ph pk ps qa sa sg sy th tj tl tm tr tw uz vn ye",
    "europe": "ad al at ax ba be bg by ch cz de dk ee es fi fo fr gb gg gi gr hr hu ie im is it je li lt lu lv mc "
    "md me mk mt nl no pl pt ro rs ru se si sj sk sm ua va xk",
    "north-america": "ag ai aw bb bl bm bq bs bz ca cr cu cw dm do gd gl gp gt hn ht jm kn ky lc mf mq ms mx ni pa "
    "pm pr sv sx tc tt us vc vg vi",
    "oceania": "as au ck fj fm gu ki mh mp nc nf nr nu nz pf pg pn pw sb tk to tv vu wf ws",
    "south-america": "ar bo br cl co ec fk gf gy pe py sr uy ve",
}
_CONTINENTS = {country: continent for continent, listed in _COUNTRIES.items() for country in listed.split()}

CONTINENTS: tuple[Continent, ...] = tuple(_COUNTRIES)

_CITIES: dict[str, tuple[float, float]] = {
    "ap-northeast": (35.7, 139.7),  # Tokyo
    "ap-south": (1.3, 103.8),  # Singapore
    "ap-southeast": (-33.9, 151.2),  # Sydney
    "ap-west": (19.1, 72.9),  # Mumbai
    "au-mel": (-37.8, 145.0),
    "br-gru": (-23.5, -46.6),  # São Paulo
    "ca-central": (43.7, -79.4),  # Toronto
    "cl-scl": (-33.4, -70.7),
    "co-bog": (4.7, -74.1),
    "de-ber": (52.5, 13.4),
    "de-fra": (50.1, 8.7),
    "de-ham": (53.6, 10.0),
    "es-mad": (40.4, -3.7),
    "eu-central": (50.1, 8.7),  # Frankfurt
    "eu-west": (51.5, -0.1),  # London
    "fr-mrs": (43.3, 5.4),
    "fr-par": (48.9, 2.4),
    "gb-lon": (51.5, -0.1),
    "id-cgk": (-6.2, 106.8),
    "in-bom": (19.1, 72.9),
    "in-maa": (13.1, 80.3),
    "it-mil": (45.5, 9.2),
    "jp-osa": (34.7, 135.5),
    "jp-tyo": (35.7, 139.7),
    "mx-qro": (20.6, -100.4),
    "my-kul": (3.1, 101.7),
    "nl-ams": (52.4, 4.9),
    "no-osl": (59.9, 10.8),
    "nz-akl": (-36.8, 174.8),
    "se-sto": (59.3, 18.1),
    "sg-sin": (1.3, 103.8),
    "us-central": (32.8, -96.8),  # Dallas
    "us-den": (39.7, -105.0),
    "us-east": (40.7, -74.2),  # Newark
    "us-hou": (29.8, -95.4),
    "us-iad": (38.9, -77.0),
    "us-lax": (34.1, -118.2),
    "us-mia": (25.8, -80.2),
    "us-ord": (41.9, -87.6),
    "us-rno": (39.5, -119.8),
    "us-sea": (47.6, -122.3),
    "us-southeast": (33.7, -84.4),  # Atlanta
    "us-west": (37.5, -122.0),  # Fremont
    "za-jnb": (-26.2, 28.0),
}


def countries_of(continent: Continent) -> list[str]:
    """The two letters of every country of a continent."""
    return _COUNTRIES[continent].split()


def continent_of(country: str) -> Continent | None:
    """The continent of a country given by its two letters; None when the letters are no country's."""
    return _CONTINENTS.get(country.lower())


def coordinates_of(region: str) -> tuple[float, float] | None:
    """Latitude and longitude of a region's city, in degrees; None for a region that came later than this table.

    A numbered region, such as de-fra-2, is in the city of the one without a number.
    """
    head, _, tail = region.rpartition("-")
    return _CITIES.get(region) or (_CITIES.get(head) if tail.isdigit() else None)


def distance_km(here: tuple[float, float], there: tuple[float, float]) -> int:
    """Kilometres along the globe between two points, given as latitude and longitude in degrees."""
    (north, east), (other_north, other_east) = here, there
    turn = radians(other_east - east) / 2
    tilt = radians(other_north - north) / 2
    haversine = sin(tilt) ** 2 + cos(radians(north)) * cos(radians(other_north)) * sin(turn) ** 2
    return round(2 * 6371 * asin(sqrt(min(1.0, haversine))))
