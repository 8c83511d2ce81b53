"""A question that waits for its answer."""
