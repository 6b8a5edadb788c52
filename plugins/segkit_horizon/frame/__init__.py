"""What a frame's line is found with: its classes, its lens and its size."""
