"""GitHub and GitLab: the sticky comment, labels, approvals, issues of drift."""
