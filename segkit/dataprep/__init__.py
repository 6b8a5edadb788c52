"""What is done with data before training: look at a folder, write a recipe for it, check it, show it."""
