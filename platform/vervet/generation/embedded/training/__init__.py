"""Training of the embedded model: data, leak filter, bundled suites and the training loop.

Nothing here is imported when a model is only sampled; torch is imported by `train` and `network`.
"""
