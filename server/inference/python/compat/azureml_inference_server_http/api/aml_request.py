"""`rawhttp` and AMLRequest, for scripts whose environment does not have the original package."""

from viridian_serving.scoring.raw_request import AMLRequest

__all__ = ["AMLRequest", "rawhttp"]

# The server reads this name, which is the original's, after it has loaded the script.
_rawHttpRequested = False


def rawhttp(func):
    """Marks run(): it gets the request itself and answers any method."""
    global _rawHttpRequested
    _rawHttpRequested = True
    return func
