"""Model folder, crops and Space -> Hub, each checked first, shown, and uploaded in one commit."""
