"""The book's own package: a folder for each chapter, and a catalogue of them."""
