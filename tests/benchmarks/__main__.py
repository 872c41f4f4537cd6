"""`make bench`: every benchmark, as a table of ratios."""

from __future__ import annotations

from . import connecting, http_get, importing, listing, published, sql_get, waiting


def main() -> None:
    print("| what | median | beside | median | ratio of pairs: median (least to most) | goal |")
    print("|---|---|---|---|---|---|")
    for benchmark in (waiting, http_get, sql_get, listing, connecting, published, importing):
        for result in benchmark.measure():
            print(result.line(), flush=True)


if __name__ == "__main__":
    main()
