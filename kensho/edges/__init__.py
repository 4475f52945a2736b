"""The outside world at request time: streams, tokens, accounts. Empty until their issues."""
