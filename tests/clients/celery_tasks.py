"""A Celery application on an SQS broker, as a user writes it; also sends its tasks.

The broker's URL and the folder of the results come from the environment. Every task writes a
file; every tenth one fails the first time and is retried; one never ends the first time, so that
a worker can be killed that surely holds a task.
"""

import os
import sys
import time
from pathlib import Path

from celery import Celery

RESULTS = Path(os.environ["RESULTS"])
#: The task that does not end the first time, and what it leaves then.
ENDLESS = 500
HOLDING = RESULTS / "holding"

app = Celery("orders", broker=os.environ["BROKER_URL"])
app.conf.update(
    broker_transport_options={
        "region": "us-east-1",
        "is_secure": False,
        "visibility_timeout": int(os.environ["VISIBILITY_TIMEOUT"]),
        "wait_time_seconds": 5,
        "polling_interval": 0.1,
    },
    # A message is deleted after its task has ended: what a killed worker had taken comes back.
    task_acks_late=True,
    task_default_queue="orders",
    # Both would need fan-out, for which Celery takes SNS.
    worker_enable_remote_control=False,
    worker_send_task_events=False,
)


@app.task(name="write", bind=True, max_retries=3, default_retry_delay=1)
def write(self, number):
    """Write the number of this attempt into a file of this task's own."""
    if number % 10 == 3 and self.request.retries == 0:
        raise self.retry()
    if number == ENDLESS and not HOLDING.exists():
        HOLDING.touch()
        time.sleep(600)
    path = RESULTS / str(number)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(str(self.request.retries))
    unfinished.rename(path)


if __name__ == "__main__":
    for task in range(int(sys.argv[1])):
        write.delay(task)
