"""The clocks that drive the rules."""
