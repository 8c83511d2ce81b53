"""The service of a fleet: takes in what hubs send, counts it, releases tables and publishes them."""
