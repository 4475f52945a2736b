"""`python -m kensho.cli` is `kensho`."""

from kensho.cli.main import main

main()
