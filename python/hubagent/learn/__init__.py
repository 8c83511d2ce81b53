"""What was said and what came of it, turned into what to do next time; owns no storage."""
