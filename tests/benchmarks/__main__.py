"""`make bench`: every benchmark, as a table of ratios."""

from __future__ import annotations

from . import http_get, importing, waiting


def main() -> None:
    print("| what | median | beside | median | ratio of pairs: median (least to most) | goal |")
    print("|---|---|---|---|---|---|")
    for benchmark in (waiting, http_get, importing):
        for result in benchmark.measure():
            print(result.line(), flush=True)


if __name__ == "__main__":
    main()
