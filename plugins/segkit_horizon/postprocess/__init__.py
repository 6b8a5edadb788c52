"""What is made of the probabilities of frames."""
