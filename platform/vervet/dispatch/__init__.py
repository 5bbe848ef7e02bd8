"""Celery: the one way by which batches reach workers."""
