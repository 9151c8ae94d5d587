"""What the flow stands on: files, folders, processes, memory."""
