"""A small Pulumi engine: previews and updates for machines without the ``pulumi`` command, and for tests.

It runs the same project through the official SDK and drives the SDK's own dynamic-provider servicer, and it
keeps its state in Pulumi's own files, so that either engine can go on where the other stopped.

    python -m emulators.engine up --stack dev --yes

commands/ (flags, one function a command) → display/ (text, digest, event stream) listens to run/ (update.py drives
a whole run: deployment.py registrations → planning.py → executor.py, performing.py) → protocol/ (the program's
monitor, the provider's processes) and plan/ (pure: goals, diffs, steps, deletes, targets) → state/ (checkpoint,
files, lock, secrets, configuration). Each imports only what stands after it, and urns.py, values.py, errors.py.
"""
