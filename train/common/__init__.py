"""What every stage shares: its command line, its files and its processes."""
