"""`make bench`: every benchmark, as a table of ratios; then the fake at scale."""

from __future__ import annotations

from . import (
    cassettes,
    connecting,
    day,
    direct_access,
    http_get,
    importing,
    listing,
    memory,
    plugin,
    published,
    scale,
    sql_get,
    waiting,
    wire_get,
)


def main() -> None:
    print("| what | median | beside | median | ratio of pairs: median (least to most) | goal |")
    print("|---|---|---|---|---|---|")
    for benchmark in (
        waiting,
        http_get,
        sql_get,
        wire_get,
        direct_access,
        listing,
        connecting,
        published,
        importing,
        plugin,
    ):
        for result in benchmark.measure():
            print(result.line(), flush=True)
    for report in (day.report, memory.report, cassettes.report, scale.report):
        print(f"\n{report()}", flush=True)


if __name__ == "__main__":
    main()
