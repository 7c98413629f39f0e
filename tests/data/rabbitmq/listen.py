"""Prints what oslo.messaging hears on the queues of "notifications", one JSON object a line.

    listen.py URL LAST SECONDS    ends after the event LAST, or fails when it does not come in time
"""

import json
import sys
import threading
import time

import oslo_messaging
from oslo_config import cfg

url, last, seconds = sys.argv[1:]
heard, done, lock = [], threading.Event(), threading.Lock()


class Endpoint:
    def note(self, context, publisher_id, event_type, payload, metadata, priority):
        with lock:
            heard.append(
                dict(
                    context=context,
                    publisher_id=publisher_id,
                    event_type=event_type,
                    payload=payload,
                    metadata=metadata,
                    priority=priority,
                )
            )
        if event_type == last:
            done.set()

    def info(self, *notification):
        self.note(*notification, "INFO")

    def error(self, *notification):
        self.note(*notification, "ERROR")


conf = cfg.ConfigOpts()
conf([])
transport = oslo_messaging.get_notification_transport(conf, url=url)
target = oslo_messaging.Target(topic="notifications", exchange="cinder")
listener = oslo_messaging.get_notification_listener(transport, [target], [Endpoint()], executor="threading")
listener.start()
came = done.wait(float(seconds))
# What came in at the same time on the other queue.
time.sleep(2)
listener.stop()
listener.wait()
with lock:
    for notification in sorted(heard, key=lambda notification: notification["metadata"]["timestamp"]):
        print(json.dumps(notification))
sys.exit(0 if came else f"{last} did not come: {[notification['event_type'] for notification in heard]}")
