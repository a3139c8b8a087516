"""The API over HTTP: one page at a time, retried, paced, and never with a secret in its words."""
