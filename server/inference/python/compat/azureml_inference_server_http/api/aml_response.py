"""AMLResponse, for scripts whose environment does not have the original package."""

from viridian_serving.scoring.raw_response import AMLResponse

__all__ = ["AMLResponse"]
