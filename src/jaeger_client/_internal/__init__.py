"""Internal modules: they may change in any release, and are not for applications."""
