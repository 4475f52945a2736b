"""From files and addresses to checked values: streams, forms, decoding, and what is left out."""
