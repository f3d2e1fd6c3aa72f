"""What is shown of a run: text for people, a digest or an event stream for programs."""
