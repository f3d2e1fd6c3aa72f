"""Pins: what the catalogs' picks were resolved to, one file per stack, so that no plan depends on its day.

    pinned = Pinned(PinFile.read(path), catalogs, now)
    region = pinned.pick("web/region", Wish("region", RegionCriteria(continent="europe")))

wish (what is asked for) ─► resolve (the pin, or a pick to be pinned) ─► file (whole or not at all)
                              └ advice: what there is to say of a pin · moves: repin, keep, promote
"""

from providers.linode.pins.advice import Note
from providers.linode.pins.file import PinFile, default_path
from providers.linode.pins.pin import Pin, Wish
from providers.linode.pins.resolve import Chosen, Pinned, is_locked

__all__ = ["Chosen", "Note", "Pin", "PinFile", "Pinned", "Wish", "default_path", "is_locked"]
