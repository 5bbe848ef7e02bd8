"""Tests of `vervet.store`."""
