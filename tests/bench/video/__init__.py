"""Made videos whose truth is known, and what is measured on them."""
