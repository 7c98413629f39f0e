"""Removes a queue, whatever is in it: remove_queue.py URL NAME."""

import sys

import kombu

url, name = sys.argv[1:]
with kombu.Connection(url.replace("rabbit://", "amqp://", 1)) as connection:
    connection.default_channel.queue_delete(name)
