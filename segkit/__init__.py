"""segkit: plugin-based image segmentation."""
