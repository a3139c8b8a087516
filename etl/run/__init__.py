"""Putting a run together: the plan's asks answered by the client and the warehouse."""
