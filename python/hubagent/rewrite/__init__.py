"""Other words for what was said: learned pairs, search for what may have been meant, guard-rails."""
