"""A small Pulumi engine: previews and updates for machines without the ``pulumi`` command, and for tests.

It runs the same project through the official SDK and drives the SDK's own dynamic-provider servicer, and it
keeps its state in Pulumi's own files, so that either engine can go on where the other stopped.

    python -m emulators.engine up --stack dev --yes

cli.py flags → commands.py, stack_commands.py → update.py a whole run → deployment.py plans registrations
(steps.py, pure) → executor.py carries steps out (provider_process.py) → snapshot.py writes the state.
"""
