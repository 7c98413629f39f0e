"""Runs commands of the unmodified OpenStack clients, one for each line of JSON on its input.

The clients are loaded once; each command runs in a child process of its own, as if it had just been started.
"""

import json
import os
import sys
import tempfile

import cinderclient.shell
import cinderclient.v3.client  # noqa: F401
import cinderclient.v3.shell  # noqa: F401
import glanceclient.shell
import glanceclient.v2.client  # noqa: F401
import glanceclient.v2.shell  # noqa: F401
import openstack.connection  # noqa: F401
import openstackclient.identity.client  # noqa: F401
import openstackclient.image.client  # noqa: F401
import openstackclient.shell
import openstackclient.volume.client  # noqa: F401


# Clients take what is no terminal for the data of an image.
_, terminal = os.openpty()


def command(arguments, out, err):
    os.dup2(terminal, 0)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    name, *rest = arguments
    sys.argv = arguments
    try:
        if name == 'openstack':
            status = openstackclient.shell.main(rest)
        elif name == 'glance':
            status = glanceclient.shell.main()
        else:
            status = cinderclient.shell.main()
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


for line in sys.stdin:
    asked = json.loads(line)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update(asked['environment'])
            command(asked['arguments'], out, err)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode(errors='replace'))
    print(json.dumps({'success': status == 0, 'out': said[0], 'err': said[1]}), flush=True)
