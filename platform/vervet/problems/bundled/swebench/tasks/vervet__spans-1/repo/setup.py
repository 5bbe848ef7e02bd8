from setuptools import setup

setup(
    name="spans",
    version="1.1",
    description="Spans of time as text.",
    py_modules=["spans"],
    python_requires=">=3.8",
)
