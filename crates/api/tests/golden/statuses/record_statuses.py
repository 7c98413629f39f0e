"""Asks Cinder 29 for everything that the table beside this file names, of volumes in every status, and writes down anew
what it answers. See README.md; needs `pip install cinder==29.0.0`.
"""

import json
import os
import re

from record import HERE, PROJECT, Transcript, call, start

TABLE = os.path.join(HERE, 'statuses.table')
# Where a refusal says in which status the volume is.
SAID = '(is|in|of|currently|is:|of:)( "?)'


def statuses(lines):
    return next(line.split()[1:] for line in lines if line.startswith('statuses '))


def volume(talk, status):
    """A volume in that status. It is in use by a server, as it cannot be by a word."""
    talk.make('member', '/volumes', 'volume', 'v', '{"size": 1, "volume_type": "here", "metadata": {"k": "w"}}')
    body = {'os-reset_status': {'status': status}}
    if status == 'in-use':
        body = {'os-attach': {'instance_uuid': '$server_b', 'mountpoint': '/dev/vda'}}
    talk.do(f'admin@71 POST /volumes/$v/action {json.dumps(body)}')


def said(talk, reply, status):
    if reply.status_int < 300:
        return str(reply.status_int)
    message = next(iter(json.loads(talk.normal(reply.text)).values()))['message']
    message = re.sub(SAID + re.escape(status) + r'\b', r'\1\2$status', message)
    return f'{reply.status_int} {message}'


def ask(talk, line):
    head, method, path, *body = line.split(' ', 3)
    return call(talk.api, head, '71', method, talk.fill(path), talk.fill(body[0]) if body else None)


def main():
    with open(TABLE) as file:
        lines = [line for line in file.read().splitlines() if not line.startswith('-> ')]
    talk = Transcript(start(True, ['another backend']), 'statuses')
    call(talk.api, 'admin', 0, 'PUT', f'/os-quota-sets/{PROJECT}', '{"quota_set": {"volumes": 1000}}')
    for name in ('here', 'there'):
        talk.make('admin', '/types', 'volume_type', name,
                  json.dumps({'name': name, 'extra_specs': {'volume_backend_name': 'sim'}}))
    requests = [line for line in lines if line.startswith(('admin ', 'member '))]
    told = {line: {} for line in requests}
    for status in statuses(lines):
        is_fresh = False
        for line in requests:
            if not is_fresh:
                volume(talk, status)
            reply = ask(talk, line)
            told[line].setdefault(said(talk, reply, status), []).append(status)
            is_fresh = reply.status_int >= 300
    with open(TABLE, 'w') as file:
        for line in lines:
            file.write(f'{line}\n')
            for reply, where in told.get(line, {}).items():
                code, _, message = reply.partition(' ')
                file.write(f'-> {code} {" ".join(where)}{" | " if message else ""}{message}\n')
    os._exit(0)


main()
