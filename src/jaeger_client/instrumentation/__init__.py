"""Integrations with servers and frameworks; each module can be imported by itself."""
