"""One head for any new task: what a layer that many tasks have taught is worth."""
