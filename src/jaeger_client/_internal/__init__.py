"""Internal modules, which may change in any release; applications do not import them."""
