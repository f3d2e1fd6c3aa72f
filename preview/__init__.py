"""The pull-request report: previews of all stacks in, one verdict out, as text for people and for machines.

    bundle.py ─ reads a folder: digest.py | events.py ─► steps.py
        │
        ▼
    building.py ─ paths.py · replacing.py · effects.py · cost.py ─► model.py
        │
        ▼
    guards.py ─ limits.py · protection.py · end_of_life.py
    findings.py ─ failures.py · losses.py
    heading.py · plan_hash.py ─► report.py
        │
        ▼
    markdown.py · html_page.py ─ picture.py · chart.py · terminal.py · schema.py ─ redacting.py ─ masking.py ─► files
        │
        ▼
    comment.py ─► github.py | gitlab.py ─ the one sticky comment

It only reads files: nothing here knows the engine or the provider.
"""
