"""Where regions are: continents by country, and the coordinates of their cities.

The API tells a region's country and nothing more. Continents follow the United Nations' geographic regions
(https://unstats.un.org/unsd/methodology/m49/), but for Mexico, Central America and the Caribbean, which count
as North America here. Coordinates are those of the city that the region's label names, to a tenth of a degree.
Both stand in places.json.
"""

from __future__ import annotations

import json
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Literal, get_args

Continent = Literal["africa", "asia", "europe", "north-america", "oceania", "south-america"]

CONTINENTS: tuple[Continent, ...] = get_args(Continent)

_PLACES = json.loads(Path(__file__).with_name("places.json").read_text(encoding="utf-8"))
_COUNTRIES: dict[Continent, list[str]] = {name: _PLACES["countries"][name].split() for name in CONTINENTS}
_CITIES: dict[str, list[float]] = {region: place[:2] for region, place in _PLACES["cities"].items()}


def countries_of(continent: Continent) -> list[str]:
    """The two letters of every country of a continent."""
    return _COUNTRIES[continent]


def continent_of(country: str) -> Continent | None:
    """The continent of a country given by its two letters; None when the letters are no country's."""
    return next((name for name in CONTINENTS if country.lower() in _COUNTRIES[name]), None)


def coordinates_of(region: str) -> tuple[float, float] | None:
    """Latitude and longitude of a region's city, in degrees; None for a region that came later than this table.

    A numbered region, such as de-fra-2, is in the city of the one without a number.
    """
    head, _, tail = region.rpartition("-")
    city = _CITIES.get(region) or (_CITIES.get(head) if tail.isdigit() else None)
    return (city[0], city[1]) if city else None


def distance_km(here: tuple[float, float], there: tuple[float, float]) -> int:
    """Kilometres along the globe between two points, given as latitude and longitude in degrees."""
    (north, east), (other_north, other_east) = here, there
    turn = radians(other_east - east) / 2
    tilt = radians(other_north - north) / 2
    haversine = sin(tilt) ** 2 + cos(radians(north)) * cos(radians(other_north)) * sin(turn) ** 2
    return round(2 * 6371 * asin(sqrt(min(1.0, haversine))))
