"""What applications do not import: it may change in any release."""
