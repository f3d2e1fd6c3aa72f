"""The two neighbours we do not own, played on this machine: the API below us and the engine above us."""
