"""What the records amount to: changes, effects, costs, guards, findings and one verdict."""
