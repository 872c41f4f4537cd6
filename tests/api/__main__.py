"""`python -m tests.api`: the listings of public names, made anew."""

from __future__ import annotations

from .listing import PACKAGES, ROOT, listing, loaded


def main() -> None:
    modules = loaded()
    for package in PACKAGES:
        path = ROOT / f"tests/api/{package}.txt"
        path.write_text(listing(modules[package]), encoding="utf-8")
        print(f"made {path.relative_to(ROOT)}")  # noqa: T201


if __name__ == "__main__":
    main()
