"""Commands planned over all clauses, sent, confirmed by the devices' own word, and spoken of."""
