"""Run, hear and explain an engine; locks; stack `local` and the local API."""
