"""What a logging.json that was written for the original names."""

import logging

from viridian_serving.scoring.logs import AMLLogFormatter

__all__ = ["AMLLogFormatter", "RootAccessFilter"]


class RootAccessFilter(logging.Filter):
    """Keeps health probes out of an access log."""

    def filter(self, record):
        """Whether the record is to be written."""
        return "GET / HTTP/1.1" not in record.getMessage()
