"""What a release says of itself: the parts that it is made of, and their licences."""
