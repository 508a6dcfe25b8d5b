"""Real DNS servers on loopback, each in a folder of its own."""
