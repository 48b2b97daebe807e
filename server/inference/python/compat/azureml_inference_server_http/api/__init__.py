"""Stand-in for the package of this name; only what scoring scripts import from it."""
