"""What tests say to schemathesis of every document of ours."""

from typing import Final

REFUSALS: Final = [
    "400",
    "401",
    "403",
    "404",
    "405",
    "406",
    "409",
    "410",
    "413",
    "414",
    "415",
    "422",
    "428",
    "429",
    "5xx",
]
"""What refuses wrong data; a text that is too long may make the whole address too long (414)."""
ACCEPTANCES: Final = ["2xx", "3xx", "401", "403", "404", "409", "410", "429", "503"]
"""What comes of right data: it was taken, or what it names is not there, or not for this person."""
