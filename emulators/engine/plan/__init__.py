"""Pure decisions: what the program wants, what differs, which steps and deletes follow, which targets."""
