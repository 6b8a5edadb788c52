"""Components for segkit."""
