"""train.score on a Ray cluster of two one-core nodes (raylets), one of which dies mid-job."""

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"})
from ray.cluster_utils import Cluster  # noqa: E402

from train.common.flags import parse  # noqa: E402
from train.score.stage import score_data  # noqa: E402
from train.score.worker import read_tally  # noqa: E402
from train.settings.score import ScoreSettings  # noqa: E402

MACHINE = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}


def main(words: list[str]) -> None:
    (settings,) = parse(ScoreSettings, arguments=words)
    cluster = Cluster(initialize_head=True, head_node_args=MACHINE)
    second = cluster.add_node(num_cpus=1, object_store_memory=MACHINE["object_store_memory"])
    rows = Path(settings.out) / "rows"

    def kill_when_both_work() -> None:
        while len({read_tally(path).worker for path in rows.glob("*.parquet")}) < 2:
            time.sleep(0.05)
        done = len(list(rows.glob("*.parquet")))
        cluster.remove_node(second, allow_graceful=False)
        print(f"killed one of 2 machines after {done} pieces")

    threading.Thread(target=kill_when_both_work, daemon=True).start()
    score_data(replace(settings, cluster=cluster.address))
    cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
