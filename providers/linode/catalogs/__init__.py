"""Types, regions, images and kernels: look up, filter, pick, and say why.

    catalogs = Catalogs(client)
    region = pick_region(catalogs, RegionCriteria(continent="europe", capabilities=["Metadata"]))
    type_ = pick_type(catalogs, TypeCriteria(min_memory_mb=2048, max_monthly_usd=15), region.id)
    image = pick_image(catalogs, ImageCriteria(vendor="Debian"), today=date.today())
    print(type_.why)

settings, command line ─► criteria ─► criteria_tree ─┐
a program's own filter ─► attributes of the tables ──┴► filter ─┬► x_filter ─► the API ─┐
                                                                └► here ◄── records ◄───┴► lookup ─► funnel ─► picks

Each is loaded when it is named; `__init__.pyi` lists them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
