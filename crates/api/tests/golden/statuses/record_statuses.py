"""Asks Cinder 29 for everything that the tables beside this file name, of things in every status, and writes down anew what
it answers.

    record_statuses.py [volumes.txt …]

See ../README.md; needs `pip install cinder==29.0.0`.
"""

import glob
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

# Where a refusal says in which status the thing is.
SAID = '(is|in|of|currently|is:|of:|status|not)( "?)'


class Table:
    """What is asked of things of one kind, and what was answered."""

    def __init__(self, path):
        self.path = path
        with open(path) as file:
            self.lines = [line for line in file.read().splitlines() if not line.startswith('-> ')]
        self.requests = [line for line in self.lines if line.startswith(('admin ', 'member '))]
        self.told = {line: {} for line in self.requests}

    def all(self, word):
        return [line.removeprefix(f'{word} ') for line in self.lines if line.startswith(f'{word} ')]

    def record(self, talk):
        for line in self.all('once'):
            talk.record([line])
        for status in self.all('statuses')[0].split():
            is_fresh = False
            for line in self.requests:
                if not is_fresh:
                    self.make(talk, status)
                reply = ask(talk, line)
                self.told[line].setdefault(said(talk, reply, status), []).append(status)
                is_fresh = reply.status_int >= 300

    def make(self, talk, status):
        """Makes a thing in that status: by a line of its own if there is one."""
        for line in self.all('each'):
            talk.record([line])
        ways = [line.removeprefix(f'{status} ') for line in self.all('at') if line.startswith(f'{status} ')]
        if ways:
            talk.record(ways)
            return
        # The service says that a thing is there before it has written the last of it.
        time.sleep(0.5)
        from cinder import context
        from cinder.db import api as db
        kind, name = self.all('sets')[0].split()
        getattr(db, f'{kind}_update')(context.get_admin_context(), talk.fill(f'${name}'), {'status': status})

    def write(self):
        with open(self.path, 'w') as file:
            for line in self.lines:
                file.write(f'{line}\n')
                for reply, where in self.told.get(line, {}).items():
                    code, _, message = reply.partition(' ')
                    file.write(f'-> {code} {" ".join(where)}{" | " if message else ""}{message}\n')


def ask(talk, line):
    from record import call
    who, method, path, *body = line.split(' ', 3)
    return call(talk.api, who, '71', method, talk.fill(path), talk.fill(body[0]) if body else None)


def said(talk, reply, status):
    if reply.status_int < 300:
        return str(reply.status_int)
    message = next(iter(json.loads(talk.normal(reply.text)).values()))['message']
    message = re.sub(SAID + re.escape(status) + r'\b', r'\1\2$status', message)
    return f'{reply.status_int} {message}'


def main():
    names = sys.argv[1:] or sorted(glob.glob(f'{HERE}/*.txt'))
    if len(names) > 1:
        for name in names:
            subprocess.run([sys.executable, __file__, name], check=False)
        return
    from record import Transcript, start
    table = Table(os.path.join(HERE, names[0]))
    talk = Transcript(start(True, table.all('given')), names[0])
    table.record(talk)
    table.write()
    os._exit(0)


main()
