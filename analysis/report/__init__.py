"""The report of a store: one HTML file that opens without a network."""
