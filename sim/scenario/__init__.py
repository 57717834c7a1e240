"""Scenarios: every lever and every assumption declared once; files in, refused or resolved."""
