"""The library beside its peers: `make bench`. What is compared: README.md."""
