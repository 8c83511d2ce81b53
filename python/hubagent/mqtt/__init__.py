"""MQTT: the client, the hub's own topics, and a broker for homes that have none."""
