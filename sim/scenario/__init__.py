"""Scenarios: declarations of all levers and assumptions, and the reader of scenario files."""
