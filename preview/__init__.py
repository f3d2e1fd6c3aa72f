"""The pull-request report: previews of all stacks in, one verdict out, as text for people and for machines.

    collecting.py ─ bundle.py ─ reads a folder: digest.py | events.py ─► steps.py
        │
        ▼
    building.py ─ paths.py · replacing.py · effects.py · time_off.py · cost.py ─► model.py
        │
        ▼
    guards.py ─ limits.py ─ together.py ─ independent.py · protection.py · end_of_life.py · without_state.py
    findings.py ─ failures.py · losses.py · absent.py
    heading.py · plan_hash.py ─► report.py
        │
        ▼
    redacting.py ─ masking.py: every value masked whole, then cut
        │
        ▼
    words.py · catalog_moves.py ─► markdown.py · html_page.py ─ picture.py · chart.py · terminal.py · schema.py ─► files
        │
        ▼
    comment.py ─► github.py | gitlab.py ─ the one sticky comment

It only reads files: nothing here knows the engine or the provider.
"""
