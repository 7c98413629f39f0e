"""Cinder's own posix backup driver, without the services around it.

    posix_backup.py STORE backup ID FILE [--parent ID]
    posix_backup.py STORE restore ID FILE [--over]

STORE is a directory with what `backup_posix_path` holds, in `objects`, and what Cinder keeps rows of, in `rows.json`:
of each backup where it lies and what it builds on. FILE is the volume; `--over` says that it was not made for it.
"""

import argparse
import contextlib
import json
import logging
import os
import sys
import warnings
from unittest import mock

warnings.simplefilter('ignore')

os.environ.setdefault('OS_CINDER_DISABLE_EVENTLET_PATCHING', '1')

from cinder import context
from cinder import objects
from cinder.volume import volume_utils

objects.register_all()

from cinder.backup import driver as backup_driver
from cinder.backup.drivers import posix
from oslo_config import cfg
from oslo_utils import timeutils

GIB = 1 << 30


class Row:
    """What the driver uses of a backup's object."""

    def __init__(self, rows, backup_id, **fields):
        self.rows = rows
        self.fields = {
            'id': backup_id, 'display_name': None, 'display_description': None, 'parent_id': None, 'container': None,
            'service_metadata': None, 'object_count': 0, 'size': 1, 'status': 'restoring', 'volume_id': None,
            'created_at': timeutils.utcnow(), **rows.get(backup_id, {}), **fields,
        }

    def __getattr__(self, name):
        try:
            return self.__dict__['fields'][name]
        except KeyError:
            raise AttributeError(name)

    def __setattr__(self, name, value):
        if name in ('rows', 'fields'):
            self.__dict__[name] = value
        else:
            self.fields[name] = value

    def __getitem__(self, name):
        return self.fields[name]

    @contextlib.contextmanager
    def as_read_deleted(self):
        yield

    def refresh(self):
        pass

    def save(self):
        kept = ('parent_id', 'container', 'service_metadata', 'object_count', 'size', 'volume_id')
        self.rows[self.fields['id']] = {name: self.fields[name] for name in kept}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('store')
    parser.add_argument('act', choices=['backup', 'restore'])
    parser.add_argument('id')
    parser.add_argument('file')
    parser.add_argument('--parent')
    parser.add_argument('--over', action='store_true')
    parser.add_argument('--set', action='append', default=[], metavar='OPTION=VALUE')
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    cfg.CONF([], project='cinder', default_config_files=[])
    # Asked for its kind when a driver is made, and for nothing else.
    cfg.CONF.set_override('connection', 'sqlite://', group='database')
    for setting in asked.set:
        name, value = setting.split('=', 1)
        cfg.CONF.set_override(name, int(value) if value.isdigit() else value)
    where = os.path.join(asked.store, 'rows.json')
    rows = {}
    if os.path.exists(where):
        with open(where) as file:
            rows = json.load(file)
    told = []
    patches = [
        mock.patch.object(objects.Backup, 'get_by_id', side_effect=lambda _, backup_id: Row(rows, backup_id)),
        mock.patch.object(volume_utils, 'notify_about_backup_usage'),
        mock.patch.object(backup_driver, 'BackupMetadataAPI'),
    ]
    with contextlib.ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        driver = posix.PosixBackupDriver(context.get_admin_context(), os.path.join(asked.store, 'objects'))
        size = -(-os.path.getsize(asked.file) // GIB)
        driver.db = mock.Mock()
        driver.db.volume_get.return_value = {'id': 'v', 'size': size}
        driver.get_metadata = lambda volume_id: None
        driver.put_metadata = lambda volume_id, text: told.append(json.loads(text))
        if asked.act == 'backup':
            backup = Row(rows, asked.id, parent_id=asked.parent, size=size, status='creating', volume_id='v')
            with open(asked.file, 'rb') as file:
                driver.backup(backup, file)
        else:
            if asked.id not in rows:
                sys.exit(f'no row of {asked.id}')
            with open(asked.file, 'rb+') as file:
                driver.restore(Row(rows, asked.id), 'v', file, not asked.over)
    with open(where, 'w') as file:
        json.dump(rows, file)
    json.dump({'metadata': told}, sys.stdout)


main()
