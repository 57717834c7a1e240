"""Show results to people: the terminal's answer and the figures. This folder knows a Result, never a World."""
