"""The provider of streams: its protocol, the tokens of who is signed in, and what works it has."""
