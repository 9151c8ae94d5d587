"""What every stage shares: its command line, files, processes."""
