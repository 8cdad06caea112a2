"""Run it day and night: requests, hooks, units, metrics, and what a monitoring system asks."""
