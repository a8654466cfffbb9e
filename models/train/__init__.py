"""Trains, measures and exports the super-resolution networks that Tessera ships."""
