"""The sandbox docker: what needs no engine in `make test`, the rest in `make test-services`."""
