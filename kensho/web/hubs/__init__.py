"""The pages of franchises."""
