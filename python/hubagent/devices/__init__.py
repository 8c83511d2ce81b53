"""Device conventions: announcements in, declarations out. Nothing here executes or parses state."""
