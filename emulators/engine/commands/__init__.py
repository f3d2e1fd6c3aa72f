"""Commands: what people type, and what comes of it."""
