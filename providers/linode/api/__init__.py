"""The Linode API v4: one request at a time, one method per endpoint."""
