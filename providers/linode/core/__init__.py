"""What all kinds of resource share."""
