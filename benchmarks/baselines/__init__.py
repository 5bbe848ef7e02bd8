"""What the sandbox is measured against, each in processes of its own."""
