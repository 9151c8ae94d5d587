"""What the targets for speed and size are held against: `make bench`."""
