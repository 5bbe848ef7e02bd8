import pytest


@pytest.fixture
def house():
    return {"roof": ["walls"], "walls": ["ground"], "ground": []}
