"""The part of a search that goes through postings and rows, written twice: in numpy and in C."""
