"""Everything that a program declares, listed in `__init__.pyi`. Loaded when it is named: a command that lists catalogs
needs none of it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
