"""The preview of a stack and its note."""
