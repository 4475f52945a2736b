"""Settings, logging, HTTP clients, rate limits and memory: nothing here knows of anime."""
