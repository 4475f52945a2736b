"""The attacks, one function each; every module of this package is read by itself."""
