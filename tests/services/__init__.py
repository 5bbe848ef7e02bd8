"""Services that tests need and wheels do not hold: a Docker engine, its image, its runtimes."""
