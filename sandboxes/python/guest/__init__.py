"""What runs inside the isolation for Python programs. Standard library only; never imports vervet."""
