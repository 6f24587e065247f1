"""python -m replearn: the book's command line, which lives in the book's package."""

import runpy

if __name__ == "__main__":
    runpy.run_module("beyond_the_kernel", run_name="__main__", alter_sys=True)
