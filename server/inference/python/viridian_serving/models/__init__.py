"""Models that need no code of their user: what they take, how they are run, and how answers are written."""
