"""Print every figure that Kenshō claims (`make bench`); needs ../shared/data and 45 minutes."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch) / "real.db"
        url = f"surrealkv://{store}"
        run("bench_ingest", "--data", str(data), "--keep", str(store))
        run("bench_weekly", "--data", str(data), "--store", url)
        run("bench_source_ids", "--data", str(data))
        run("bench_read_model", "--store", url)
        run("bench_api", "--store", url)
        run("bench_search", "--store", url, "--data", str(data))
        run("bench_search_http", "--store", url)
        run("bench_match", "--store", url)
        run("bench_walks", "--store", url)
        run("bench_franchise_reads", "--store", url)
        run("bench_inference", "--store", url, "--data", str(data))
        run("bench_franchises", "--store", url, "--data", str(data))
        run("bench_franchise_ingest", "--store", url)
        run("bench_curation", "--store", url)
        run("bench_map", "--store", url)
        run("bench_pages", "--store", url)
        run("bench_memory", "--store", url)
        run("bench_commands", "--store", url)
        run("bench_queue")
        run("bench_accounts")
        run("bench_playback")
        run("bench_portal_edge")
        run("bench_telemetry")


def run(module: str, *arguments: str) -> None:
    """Run one benchmark as its own process, under a heading."""
    print(f"\n== {module}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{module}", *arguments], check=True)


if __name__ == "__main__":
    main()
