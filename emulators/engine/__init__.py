"""A small Pulumi engine: previews and updates for machines without the ``pulumi`` command, and for tests.

It runs the same project through the official SDK and drives the SDK's own dynamic-provider servicer, and it
keeps its state in Pulumi's own files, so that either engine can go on where the other stopped.

    python -m emulators.engine up --stack dev --yes

cli.py, flags.py → commands.py (up, preview, refresh, destroy, import) → displays.py (text, digest, event stream)
→ update.py a whole run → phases.py → deployment.py registrations → planning.py, with the pure steps.py, targets.py,
aliases.py and delete_order.py → executor.py, performing.py carry steps out (provider_process.py) → snapshot.py
writes the state. routing.py leads to the commands around a stack.
"""
