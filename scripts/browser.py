"""Find the Chromium that the page tests drive; as a command, install it if missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO = (
    "No Chromium was found. Install Debian's or your system's `chromium` package, or "
    "set CHROMIUM to the path of a Chrome or Chromium binary."
)


def playwright_browser() -> str | None:
    """The browser that `playwright install chromium` puts into its own cache."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find_browser() -> str | None:
    """Path of a Chromium: $CHROMIUM, then the system's, then playwright's own."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    on_path = (shutil.which(name) for name in NAMES)
    return next(filter(None, on_path), None) or playwright_browser()


def install_browser() -> None:
    """Try the system's package where that is allowed, else playwright's download."""
    can_use_apt = shutil.which("apt-get") and getattr(os, "geteuid", lambda: 1)() == 0
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if can_use_apt:
        commands.insert(0, ["apt-get", "install", "-y", "-q", "chromium"])
        subprocess.run(["apt-get", "update", "-q"], check=False)
    for command in commands:
        print("+", " ".join(command), flush=True)
        if subprocess.run(command, check=False).returncode == 0 and find_browser():
            return


if __name__ == "__main__":
    if not find_browser():
        install_browser()
    if not find_browser():
        sys.exit(HOW_TO)
