"""The pull-request report: previews of all stacks in, one verdict out, as text for people and for machines.

    read/   a bundle's folder: events or digest, effects, settings' guards, pins, catalog ─► steps
    judge/  steps ─► changes with certainty, effects and costs ─► guards ─► findings ─► model.Report
    forms/  every value masked whole, then cut; Markdown, HTML, pictures, terminal, JSON
    hosts/  GitHub and GitLab: the one sticky comment, labels, approvals, issues of drift

It only reads files: nothing here knows the engine or the provider.
"""
