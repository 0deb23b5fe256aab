"""The HTTP service: routes, wire format, problems, request middleware."""
