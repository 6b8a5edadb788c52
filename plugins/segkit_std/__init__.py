"""First-party components, registered through the same entry point as anyone's."""
