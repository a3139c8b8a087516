"""The HTTP client: fetches pages with retries, rate limiting and a request budget."""
