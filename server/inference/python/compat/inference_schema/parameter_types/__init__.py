"""Parameter types, each in a module of its own so that only what is used has to be installed."""
