"""The part of a search that reads postings and scores rows, written in numpy and in C."""
