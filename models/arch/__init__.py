"""Generators of earlier systems, written anew from their papers: README.md."""
