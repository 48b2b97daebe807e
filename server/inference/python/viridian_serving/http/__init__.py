"""HTTP/1.1 on asyncio: connections, limits and time-outs. Knows nothing about models."""
