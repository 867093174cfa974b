"""What the peers in Python share: the job from the command line, the raw objects, and the line that says what it took."""

import argparse
import gzip
import json
import resource
import sys
import time
from pathlib import Path


def compete(work):
    """`work(lines, output)` writes three tables and returns their rows; `lines(source)` gives key and bytes of each object."""
    options = argparse.ArgumentParser()
    for name in ("input", "output", "threads"):
        options.add_argument(f"--{name}", required=True)
    job = options.parse_args()
    output = Path(job.output)
    output.mkdir(parents=True, exist_ok=True)

    def lines(source):
        for path in sorted(Path(job.input, source).rglob("*.gz")):
            yield str(path.relative_to(job.input)), gzip.decompress(path.read_bytes())

    started = time.perf_counter()
    events, headers, clicks = work(lines, output)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    size = sum(path.stat().st_size for path in output.rglob("*.parquet"))
    json.dump(
        {
            "events": events,
            "headers": headers,
            "clicks": clicks,
            "seconds": seconds,
            "cpuSeconds": used.ru_utime + used.ru_stime,
            "peakRssMb": used.ru_maxrss / 1024,
            "fileMb": size / 1024**2,
        },
        sys.stdout,
    )
