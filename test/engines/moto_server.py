"""moto's server, with the answers of Glue that Trino asks for and moto doesn't have: no column statistics."""

import json
import sys

from moto.glue.responses import GlueResponse
from moto.server import main

STATISTICS = {
    "get_column_statistics_for_table": {"ColumnStatisticsList": [], "Errors": []},
    "get_column_statistics_for_partition": {"ColumnStatisticsList": [], "Errors": []},
    "update_column_statistics_for_table": {"Errors": []},
    "update_column_statistics_for_partition": {"Errors": []},
    "delete_column_statistics_for_table": {},
    "delete_column_statistics_for_partition": {},
}

for action, answer in STATISTICS.items():
    if not hasattr(GlueResponse, action):
        setattr(GlueResponse, action, lambda self, text=json.dumps(answer): text)

sys.exit(main(sys.argv[1:]))
