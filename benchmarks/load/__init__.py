"""Load as users make it: journeys, shapes of load, and what is promised of a server under it."""
