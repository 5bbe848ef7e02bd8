"""The project's own small language model: inference in NumPy, weights, and how they are trained."""
