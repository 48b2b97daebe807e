"""Stand-in for the package of this name: sample values that describe and convert the parameters of run()."""
