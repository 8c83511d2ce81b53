"""What was said before, and what words mean in its light."""
