"""Tests of `vervet.core`."""
